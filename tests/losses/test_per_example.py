import keras
import numpy as np
import pytest
from differentiation import gradient

from mm_keras.losses import PerExampleLoss
from mm_keras.losses import PerExampleMean
from mm_keras.losses.per_example import keep_rows


class Recorded(PerExampleLoss):
    """Remembers what reaches its arithmetic."""

    filler = 7.0

    def call(self, y_true, y_pred):
        self.seen = y_true, y_pred
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def squared():
    return PerExampleMean(keras.losses.MeanSquaredError())


def test_missing_label_gives_nan_in_keras_and_not_here():
    y_true, y_pred = np.array([[3.0], [np.nan]]), np.array([[1.0], [0.0]])
    weight = np.array([1.0, 0.0])
    plain = keras.losses.MeanSquaredError("mean_with_sample_weight")
    assert np.isnan(float(plain(y_true, y_pred, weight)))
    assert float(squared()(y_true, y_pred, weight)) == (3 - 1) ** 2


def test_weights_meet_rows_and_not_columns():
    # Keras broadcasts (batch,) along the last axis of (batch, height, width).
    y_true, y_pred = np.zeros((2, 2, 2, 1)), np.zeros((2, 2, 2, 1))
    y_pred[1] = 10.0
    weight = np.array([1.0, 0.0])
    plain = keras.losses.MeanSquaredError("mean_with_sample_weight")
    assert float(plain(y_true, y_pred, weight)) > 0
    assert float(squared()(y_true, y_pred, weight)) == 0.0


def test_rows_of_weight_zero_are_replaced_before_any_arithmetic():
    loss = Recorded()
    y_true, y_pred = np.array([[1.0], [np.inf]]), np.array([[2.0], [np.nan]])
    loss(y_true, y_pred, np.array([0.5, 0.0]))
    np.testing.assert_array_equal(loss.seen[0], [[1.0], [7.0]])
    np.testing.assert_array_equal(loss.seen[1], [[2.0], [0.0]])


def test_is_the_weighted_mean_over_labelled_rows():
    # Squared errors 1, 4 and 9.
    y_true, y_pred = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]])
    value = squared()(y_true, y_pred, np.array([1.0, 0.0, 3.0]))
    assert float(value) == (1 * 1 + 3 * 9) / (1 + 3)


def test_without_weights_every_row_counts():
    y_true, y_pred = np.zeros((2, 1)), np.array([[1.0], [3.0]])
    assert float(squared()(y_true, y_pred)) == (1 + 9) / 2


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_weights_may_be_flags_or_numbers(dtype, shape):
    y_true, y_pred = np.array([[np.nan], [0.0]]), np.array([[1.0], [2.0]])
    weight = np.array([0, 1]).astype(dtype).reshape(shape)
    assert float(squared()(y_true, y_pred, weight)) == 4.0


def test_all_rows_unlabelled_is_zero_with_zero_gradient():
    y_true, y_pred = np.full((2, 1), np.nan), np.ones((2, 1), "float32")
    weight = np.zeros(2)
    assert float(squared()(y_true, y_pred, weight)) == 0.0
    found = gradient(lambda p: squared()(y_true, p, weight), y_pred)
    np.testing.assert_array_equal(found, np.zeros((2, 1)))


def test_reduction_can_be_chosen():
    y_true, y_pred = np.zeros((2, 1)), np.array([[1.0], [3.0]])
    loss = PerExampleMean("mean_squared_error", reduction="sum")
    assert float(loss(y_true, y_pred)) == 1 + 9


def test_rows_are_kept_whatever_the_rank():
    labelled = np.array([True, False])
    for shape in [(2,), (2, 3), (2, 3, 4, 5)]:
        kept = np.asarray(keep_rows(labelled, np.ones(shape, "int32"), -1))
        assert kept.shape == shape
        assert np.all(kept[0] == 1) and np.all(kept[1] == -1)
