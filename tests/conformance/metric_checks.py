"""Checks that every metric has to pass, on every backend.

`make` is a function of `examples.py`.
"""

import numpy as np
from conformance.checks import assert_close
from conformance.checks import assert_config_has_every_argument
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import to_numpy
from conformance.loss_checks import unlabelled

from mm_keras import metrics


def measured(metric, *batches):
    """The result of a metric over batches, from a clean start."""
    metric.reset_state()
    for batch in batches:
        metric.update_state(*batch)
    return to_numpy(metric.result())


def check_metric_config_round_trips(make, tmp_path):
    metric, y_true, y_pred = make()
    assert_config_has_every_argument(metric)
    twin = reload(metric)
    assert config_of(twin) == config_of(metric)
    expected = measured(metric, (y_true, y_pred))
    assert_close(measured(twin, (y_true, y_pred)), expected)


def check_metric_starts_again(make, tmp_path):
    metric, y_true, y_pred = make()
    before = measured(metric, (y_true, y_pred))
    metric.update_state(y_true[:1], y_pred[1:2])
    metric.reset_state()
    assert np.all(to_numpy(metric.result()) == 0)
    assert_close(measured(metric, (y_true, y_pred)), before)


def check_batches_add_up(make, tmp_path):
    metric, y_true, y_pred = make()
    weight = np.array([1.0, 2.0, 0.5], "float32")
    parts = [(y_true[i], y_pred[i], weight[i]) for i in ([0], [1, 2])]
    whole = measured(metric, (y_true, y_pred, weight))
    assert_close(measured(metric, *parts), whole, rtol=1e-6)


def check_weight_is_a_number_of_rows(make, tmp_path):
    metric, y_true, y_pred = make()
    weight = np.array([1.0, 2.0, 0.0], "float32")
    twice = [0, 1, 1]
    expected = measured(metric, (y_true[twice], y_pred[twice]))
    assert_close(
        measured(metric, (y_true, y_pred, weight)), expected, rtol=1e-6
    )


def check_unlabelled_row_does_not_count(make, tmp_path):
    metric, y_true, y_pred = make()
    expected = measured(metric, (y_true[[0, 2]], y_pred[[0, 2]]))
    if not isinstance(metric, metrics.Decoded):
        # As every model shows it.
        metric = metrics.Decoded(metric)
    absurd = np.nan if y_pred.dtype.kind == "f" else -9
    given, absurd = unlabelled(y_true, y_pred, 1, absurd)
    weight = np.array([1.0, 0.0, 1.0], "float32")
    assert_close(measured(metric, (given, absurd, weight)), expected)


METRIC_CHECKS = [
    check_metric_config_round_trips,
    check_metric_starts_again,
    check_batches_add_up,
    check_weight_is_a_number_of_rows,
    check_unlabelled_row_does_not_count,
]
