"""Checks that every loss has to pass, on every backend.

`make` is a function of `examples.py`.
"""

import keras
import numpy as np
from conformance.checks import assert_close
from conformance.checks import assert_config_has_every_argument
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import to_numpy
from differentiation import gradient
from keras import ops


def check_loss_config_round_trips(make, tmp_path):
    loss, y_true, y_pred = make()
    assert_config_has_every_argument(loss)
    twin = reload(loss)
    assert config_of(twin) == config_of(loss)
    assert_close(twin(y_true, y_pred), loss(y_true, y_pred))
    half = type(loss).from_config({**loss.get_config(), "dtype": "bfloat16"})
    assert reload(half).dtype == "bfloat16"


def check_one_value_per_example(make, tmp_path):
    loss, y_true, y_pred = make()
    for rows in (len(y_pred), 1):
        values = loss.call(
            ops.cast(y_true[:rows], "float32"),
            ops.convert_to_tensor(y_pred[:rows]),
        )
        assert tuple(values.shape) == (rows,)
        assert_finite(values)


def check_order_of_rows_does_not_matter(make, tmp_path):
    loss, y_true, y_pred = make()
    loss.reduction = "none"
    expected = to_numpy(loss(y_true, y_pred))[::-1]
    assert_close(loss(y_true[::-1], y_pred[::-1]), expected, rtol=1e-5)


def unlabelled(y_true, y_pred, row, predicted):
    """A copy of a batch whose row has no label, and an absurd prediction."""
    y_true, y_pred = y_true.copy(), y_pred.copy()
    y_true[row] = -1 if y_true.dtype.kind == "i" else np.nan
    y_pred[row] = predicted
    return y_true, y_pred


def check_unlabelled_row_changes_nothing(make, tmp_path):
    loss, y_true, y_pred = make()
    kept = [0, 2]
    expected = loss(y_true[kept], y_pred[kept])
    expected_gradient = gradient(lambda p: loss(y_true[kept], p), y_pred[kept])
    for predicted in (np.inf, np.nan, -1e30):
        given, absurd = unlabelled(y_true, y_pred, 1, predicted)
        weight = np.array([1.0, 0.0, 1.0], "float32")
        value = loss(given, absurd, weight)
        assert_close(value, expected, rtol=1e-5)
        found = gradient(
            lambda p, given=given, weight=weight: loss(given, p, weight), absurd
        )
        assert_close(found[kept], expected_gradient, rtol=1e-4, atol=1e-6)
        assert_close(found[1], np.zeros_like(found[1]))


def check_no_label_at_all_is_zero(make, tmp_path):
    loss, y_true, y_pred = make()
    for row in range(len(y_pred)):
        y_true, y_pred = unlabelled(y_true, y_pred, row, np.nan)
    weight = np.zeros(len(y_pred), "float32")
    assert float(loss(y_true, y_pred, weight)) == 0.0
    found = gradient(lambda p: loss(y_true, p, weight), y_pred)
    assert_close(found, np.zeros_like(found))


def check_only_ratios_of_weights_matter(make, tmp_path):
    loss, y_true, y_pred = make()
    weight = np.array([1.0, 3.0, 0.5], "float32")
    expected = loss(y_true, y_pred, weight)
    assert_close(loss(y_true, y_pred, 8 * weight), expected, rtol=1e-5)
    loss.reduction = "none"
    rows = to_numpy(loss(y_true, y_pred))
    assert_close(expected, rows @ weight / weight.sum(), rtol=1e-5)


def check_zero_output_is_finite(make, tmp_path):
    loss, y_true, y_pred = make()
    zeros = np.zeros_like(y_pred)
    assert_finite(loss(y_true, zeros))
    assert_finite(gradient(lambda p: loss(y_true, p), zeros))


def check_loss_computes_in_full_precision(make, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    loss, y_true, y_pred = make()
    exact = loss(y_true, ops.cast(y_pred, "float16"))
    assert keras.backend.standardize_dtype(exact.dtype) == "float32"
    assert_close(exact, loss(y_true, y_pred), rtol=0.02, atol=0.01)


LOSS_CHECKS = [
    check_loss_config_round_trips,
    check_one_value_per_example,
    check_order_of_rows_does_not_matter,
    check_unlabelled_row_changes_nothing,
    check_no_label_at_all_is_zero,
    check_only_ratios_of_weights_matter,
    check_zero_output_is_finite,
    check_loss_computes_in_full_precision,
]
