import keras
import numpy as np
import pytest
from keras import ops

from mm_keras.metrics import Decoded

LOGITS = np.array([[2.0, -1.0], [-3.0, 0.5], [4.0, 1.0]], "float32")
LABELS = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], "float32")


class Seen(keras.metrics.Metric):
    """Remembers what it was shown."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        shown = (y_true, y_pred, sample_weight)
        self.shown = [
            x if x is None else ops.convert_to_numpy(x) for x in shown
        ]

    def result(self):
        return ops.zeros(())


def f1():
    return keras.metrics.F1Score(average="macro", threshold=0.5, name="f1")


def sigmoid():
    return keras.layers.Activation("sigmoid")


def test_metric_sees_probabilities_and_not_logits():
    metric = Decoded(f1(), decode=sigmoid())
    metric.update_state(LABELS, LOGITS)
    direct = f1()
    direct.update_state(LABELS, 1 / (1 + np.exp(-LOGITS)))
    assert float(metric.result()) == pytest.approx(float(direct.result()))
    # The first class: 1 of 2 found, 1 false; the second: 2 of 2, none false.
    assert float(metric.result()) == pytest.approx((0.5 + 1.0) / 2)


def test_unlabelled_rows_are_replaced_by_the_filler():
    metric = Decoded(Seen(), filler=-1.0)
    labels, outputs = LABELS.copy(), LOGITS.copy()
    labels[1], outputs[1] = np.nan, np.inf
    metric.update_state(labels, outputs, np.array([1.0, 0.0, 2.0]))
    true, pred, weight = metric.metric.shown
    np.testing.assert_array_equal(true[1], [-1, -1])
    np.testing.assert_array_equal(pred[1], [0, 0])
    np.testing.assert_array_equal(true[[0, 2]], LABELS[[0, 2]])
    np.testing.assert_array_equal(pred[[0, 2]], LOGITS[[0, 2]])
    np.testing.assert_array_equal(weight, [1, 0, 2])


def test_unweighted_metric_still_leaves_unlabelled_rows_out():
    metric = Decoded(Seen(), weighted=False)
    metric.update_state(LABELS, LOGITS, np.array([0.5, 0.0, 2.0]))
    np.testing.assert_array_equal(metric.metric.shown[2], [1, 0, 1])


@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_weights_may_be_flags_or_numbers(dtype):
    metric = Decoded(keras.metrics.MeanSquaredError())
    labels = np.array([[np.nan], [1.0]])
    weight = np.array([0, 1]).astype(dtype)
    metric.update_state(labels, np.array([[0.0], [3.0]]), weight)
    assert float(metric.result()) == (3 - 1) ** 2


def test_without_decoding_the_output_is_left_as_it_is():
    metric = Decoded(Seen())
    metric.update_state(LABELS, LOGITS)
    np.testing.assert_array_equal(metric.metric.shown[1], LOGITS)
    assert metric.metric.shown[2] is None


def test_has_the_name_of_its_metric_unless_given_one():
    assert Decoded(f1()).name == "f1"
    assert Decoded(f1(), name="tags_f1").name == "tags_f1"


def test_state_is_that_of_its_metric():
    metric = Decoded(f1(), decode=sigmoid())
    metric.update_state(LABELS, LOGITS)
    assert {v.path for v in metric.variables} == {
        v.path for v in metric.metric.variables
    }
    metric.reset_state()
    assert all(np.all(ops.convert_to_numpy(v) == 0) for v in metric.variables)
