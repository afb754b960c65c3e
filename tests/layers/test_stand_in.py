import keras
import numpy as np
import pytest

from mm_keras.layers import StandIn

to_numpy = keras.ops.convert_to_numpy


def test_present_rows_pass_and_absent_ones_are_replaced():
    layer = StandIn()
    inputs = np.arange(12.0, dtype="float32").reshape(2, 3, 2)
    layer(inputs, np.ones(2))
    layer.stand_in.assign([7.0, 8.0])
    outputs = to_numpy(layer(inputs, np.array([0.0, 1.0])))
    np.testing.assert_array_equal(outputs[0], [[7, 8]] * 3)
    np.testing.assert_array_equal(outputs[1], inputs[1])


def test_nan_of_an_absent_row_reaches_no_gradient(gradient):
    layer = StandIn()
    inputs = np.array([[1.0], [np.nan]], "float32")

    def loss(x):
        return keras.ops.sum(layer(x, np.array([True, False])) ** 2)

    np.testing.assert_array_equal(gradient(loss, inputs), [[2.0], [0.0]])


def test_half_precision_in_half_precision_out():
    outputs = StandIn(dtype="mixed_float16")(np.ones((2, 3)), np.ones(2))
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"


def test_wrong_rank_is_explained():
    with pytest.raises(ValueError, match=r"expects.*Received.*one value"):
        StandIn()(np.ones((2, 3)), np.ones((2, 1)))
