import keras
import numpy as np
import pytest
from keras import ops

from mm_keras.metrics import MeanIoU

# The metric of Keras asks for 64 bits, which JAX does not have.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")

RNG = np.random.default_rng(0)
TRUE = RNG.integers(0, 4, (6, 5, 7, 1))
PRED = np.where(RNG.random(TRUE.shape) < 0.6, TRUE, (TRUE + 1) % 4)


def measured(metric, *arguments):
    metric.update_state(*arguments)
    return float(metric.result())


def reference(true, pred, **arguments):
    metric = keras.metrics.MeanIoU(4, **arguments)
    metric.update_state(true, pred)
    return float(metric.result())


def test_values_by_hand():
    # Class 0: intersection 1, union 3. Class 1: intersection 1, union 3.
    # Class 2 occurs nowhere.
    true, pred = np.array([[[0, 0], [1, 1]]]), np.array([[[0, 1], [0, 1]]])
    assert measured(MeanIoU(3), true, pred) == pytest.approx(1 / 3)


def test_is_that_of_keras():
    assert measured(MeanIoU(4), TRUE, PRED) == pytest.approx(
        reference(TRUE, PRED)
    )


@pytest.mark.parametrize("ignored", [0, 3])
def test_ignored_class_is_that_of_keras(ignored):
    assert measured(
        MeanIoU(4, ignore_class=ignored), TRUE, PRED
    ) == pytest.approx(reference(TRUE, PRED, ignore_class=ignored))


@pytest.mark.parametrize("ignored", [255, -1])
def test_ignored_id_may_be_no_class(ignored):
    true = TRUE.copy()
    true[:, 0] = ignored
    assert measured(
        MeanIoU(4, ignore_class=ignored), true, PRED
    ) == pytest.approx(reference(TRUE[:, 1:], PRED[:, 1:]))


def test_weights_are_per_example_where_keras_refuses_them():
    weight = np.array([1, 0, 2, 1, 0, 1])
    with pytest.raises(Exception, match="shape|broadcast"):  # noqa: B017
        keras.metrics.MeanIoU(4).update_state(TRUE, PRED, weight)
    rows = np.repeat(np.arange(6), weight)
    assert measured(MeanIoU(4), TRUE, PRED, weight) == pytest.approx(
        reference(TRUE[rows], PRED[rows])
    )


def test_last_axis_of_one_may_be_left_out():
    assert measured(MeanIoU(4), TRUE[..., 0], PRED) == measured(
        MeanIoU(4), TRUE, PRED
    )


def test_iou_of_each_class_can_be_read():
    metric = MeanIoU(4)
    metric.update_state(TRUE % 3, TRUE % 3)
    values, occurs = map(ops.convert_to_numpy, metric.per_class())
    np.testing.assert_array_equal(values, [1, 1, 1, 0])
    np.testing.assert_array_equal(occurs, [1, 1, 1, 0])


def test_bounds():
    assert measured(MeanIoU(4), TRUE, TRUE) == 1.0
    assert measured(MeanIoU(4), TRUE, (TRUE + 1) % 4) == 0.0
    assert float(MeanIoU(4).result()) == 0.0


def test_order_of_classes_does_not_matter():
    order = np.array([2, 0, 3, 1])
    assert measured(MeanIoU(4), order[TRUE], order[PRED]) == pytest.approx(
        measured(MeanIoU(4), TRUE, PRED)
    )


def test_counts_stay_exact_over_many_pixels():
    metric = MeanIoU(2)
    true = np.zeros((1, 1000, 1000, 1), "int32")
    for _ in range(3):
        metric.update_state(true, true)
    assert float(metric.confusion[0, 0]) == 3_000_000
