"""Every layer, loss, metric and strategy meets the shared checks.

This file runs on every backend of Keras.
"""

import pytest
from conformance import examples
from conformance import layer_checks
from conformance import loss_checks
from conformance import metric_checks
from conformance import strategy_checks
from conformance.checks import assert_close


def each(examples_of_a_kind, checks_of_a_kind):
    """Marks a test to run every check on every example."""
    named = pytest.mark.parametrize("name", examples_of_a_kind)
    checked = pytest.mark.parametrize(
        "check", checks_of_a_kind, ids=lambda f: f.__name__
    )
    return lambda test: named(checked(test))


@each(examples.LAYERS, layer_checks.LAYER_CHECKS)
def test_layer(name, check, tmp_path):
    check(examples.LAYERS[name], tmp_path)


@each(examples.LOSSES, loss_checks.LOSS_CHECKS)
def test_loss(name, check, tmp_path):
    check(examples.LOSSES[name], tmp_path)


@each(examples.METRICS, metric_checks.METRIC_CHECKS)
def test_metric(name, check, tmp_path):
    check(examples.METRICS[name], tmp_path)


@each(examples.STRATEGIES, strategy_checks.STRATEGY_CHECKS)
def test_strategy(name, check):
    check(examples.STRATEGIES[name])


@pytest.mark.parametrize("name", examples.FUNCTIONS)
def test_function(name):
    found, expected = examples.FUNCTIONS[name]()
    assert_close(found, expected)
