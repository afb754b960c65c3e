"""Checks that every balancing strategy has to pass, on every backend."""

import keras
import numpy as np
from conformance.checks import assert_close
from conformance.checks import assert_config_has_every_argument
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import to_numpy
from conformance.examples import ROWS
from keras import ops

from mm_keras.balancing import LossBalancing

LOSSES = np.array([0.5, 2.0], "float32")


def rows_for(strategy, num_tasks=2):
    """What a strategy is called on: losses, or gradients with losses."""
    if isinstance(strategy, LossBalancing):
        return (LOSSES[:num_tasks],)
    return ROWS[:num_tasks], LOSSES[:num_tasks]


def built(make, num_tasks=2):
    strategy = make()
    strategy.build(strategy.rows_shape(num_tasks))
    strategy.built = True
    return strategy


def check_strategy_config_round_trips(make):
    strategy = make()
    assert_config_has_every_argument(strategy)
    assert config_of(reload(strategy)) == config_of(strategy)


def check_strategy_computes_in_full_precision(make):
    for policy in ("mixed_float16", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        strategy = built(make)
        assert strategy.compute_dtype == "float32"
        assert all(v.dtype == "float32" for v in strategy.trainable_variables)
        # Squares of these overflow half precision.
        large = [1e4 * rows for rows in rows_for(strategy)]
        result = strategy(*large)
        assert keras.backend.standardize_dtype(result.dtype) == "float32"
        assert_finite(result)


def check_nothing_to_learn_is_no_update(make):
    strategy = built(make)
    zeros = [np.zeros_like(rows) for rows in rows_for(strategy)]
    result = strategy(*zeros)
    assert_finite(result)
    if not isinstance(strategy, LossBalancing):
        assert_close(result, np.zeros(3))


def check_order_of_tasks_does_not_matter(make):
    strategy = built(make)
    rows = rows_for(strategy)
    expected = to_numpy(strategy(*rows))
    turned = [r[::-1].copy() for r in rows]
    assert_close(strategy(*turned), expected, rtol=1e-5)


def check_task_without_gradient_changes_nothing(make):
    strategy = built(make)
    if isinstance(strategy, LossBalancing):
        return
    rows = np.stack([ROWS[0], np.zeros(3, "float32")])
    assert_close(strategy(rows, LOSSES), ROWS[0], rtol=1e-6)


def check_one_task_is_itself(make):
    strategy = built(make, num_tasks=1)
    rows = rows_for(strategy, num_tasks=1)
    result = to_numpy(strategy(*rows))
    if isinstance(strategy, LossBalancing):
        # A model with one task never asks; here only the direction counts.
        more = to_numpy(strategy(rows[0] + 1))
        assert more > result
    else:
        assert_close(result, ROWS[0], rtol=1e-6)


def check_state_is_saved_and_restored(make):
    strategy, twin = built(make), built(make)
    for i, variable in enumerate(strategy.variables):
        values = np.full(variable.shape, 3 + i)
        variable.assign(ops.cast(values, variable.dtype))
    store = {}
    strategy.save_own_variables(store)
    twin.load_own_variables(store)
    for variable, restored in zip(
        strategy.variables, twin.variables, strict=True
    ):
        assert_close(restored, variable)
    three = ROWS[[0, 1, 0]] * np.array([[1], [1], [-1]], "float32")
    if not isinstance(strategy, LossBalancing):
        expected = to_numpy(strategy(three, LOSSES[[0, 1, 0]]))
        assert_close(twin(three, LOSSES[[0, 1, 0]]), expected, rtol=1e-6)


def check_state_of_another_strategy_is_left_alone(make):
    strategy = built(make)
    before = [to_numpy(variable) for variable in strategy.variables]
    strategy.load_own_variables({"Another_0": np.ones((2,), "float32")})
    for variable, expected in zip(strategy.variables, before, strict=True):
        assert_close(variable, expected)


STRATEGY_CHECKS = [
    check_strategy_config_round_trips,
    check_strategy_computes_in_full_precision,
    check_nothing_to_learn_is_no_update,
    check_order_of_tasks_does_not_matter,
    check_task_without_gradient_changes_nothing,
    check_one_task_is_itself,
    check_state_is_saved_and_restored,
    check_state_of_another_strategy_is_left_alone,
]
