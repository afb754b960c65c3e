import itertools

import numpy as np
import pytest
from keras import ops

from mm_keras.balancing import PCGrad

# Inner products: [18, -22; -22, 38].
CONFLICT = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], "float32")


def update(gradients, seed=0, **options):
    strategy = PCGrad(seed=seed, **options)
    return ops.convert_to_numpy(strategy(gradients.astype("float32")))


def random_gradients(seed, num_tasks=3, size=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_tasks, size)).astype("float32")


def paper(gradients, i, order):
    """Algorithm 1 of the paper for task `i`, word for word."""
    projected = gradients[i].copy()
    for j in order:
        inner = projected @ gradients[j]
        if j != i and inner < 0:
            norm = gradients[j] @ gradients[j]
            projected -= inner / norm * gradients[j]
    return projected


def possible_updates(gradients):
    """What the algorithm gives, for all orders of all tasks."""
    tasks = range(len(gradients))
    rows = [
        np.unique(
            [paper(gradients, i, o) for o in itertools.permutations(tasks)],
            axis=0,
        )
        for i in tasks
    ]
    return [sum(choice) for choice in itertools.product(*rows)]


def test_values_by_hand():
    weights = np.array([1 + 22 / 18, 1 + 22 / 38])
    np.testing.assert_allclose(update(CONFLICT), weights @ CONFLICT, rtol=1e-5)


def test_values_of_libmtl_and_torchjd():
    np.testing.assert_allclose(
        update(CONFLICT), [0.5848, 3.8012, 3.8012], atol=1e-4
    )


def test_weights_are_the_update_in_terms_of_the_gradients():
    gramian = CONFLICT @ CONFLICT.T
    weights = ops.convert_to_numpy(PCGrad().task_weights(gramian))
    np.testing.assert_allclose(weights, [2.2222, 1.5789], atol=1e-4)


# Freed of its conflicts, a gradient may conflict with what it was.
TWISTED = np.array([[-1, 4], [5, -2], [0, -3], [2, 2]], "float32")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("twisted", [False, True])
def test_is_the_algorithm_of_the_paper_in_some_order(seed, twisted):
    gradients = TWISTED if twisted else random_gradients(seed)
    possible = possible_updates(gradients)
    actual = update(gradients, seed=seed)
    assert min(np.abs(actual - p).max() for p in possible) < 1e-4


def test_order_is_drawn_anew_in_every_step():
    gradients = random_gradients(1)
    strategy = PCGrad(seed=0)
    drawn = {
        tuple(np.round(ops.convert_to_numpy(strategy(gradients)), 4))
        for _ in range(30)
    }
    assert len(drawn) > 1


def test_same_seed_draws_the_same_orders():
    gradients = random_gradients(1)
    one, two = PCGrad(seed=3), PCGrad(seed=3)
    for _ in range(3):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(one(gradients)),
            ops.convert_to_numpy(two(gradients)),
        )


def test_tasks_that_agree_are_added():
    gradients = np.abs(random_gradients(0))
    np.testing.assert_allclose(
        update(gradients), gradients.sum(axis=0), rtol=1e-5
    )


@pytest.mark.parametrize("seed", range(5))
def test_two_tasks_are_never_harmed(seed):
    gradients = random_gradients(seed, num_tasks=2)
    assert np.all(gradients @ update(gradients) > -1e-4)


@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1e3, 1e8])
def test_update_scales_with_the_gradients(scale):
    np.testing.assert_allclose(
        update(scale * CONFLICT), scale * update(CONFLICT), rtol=1e-4
    )


@pytest.mark.parametrize(
    "gradients",
    [
        np.zeros((3, 4)),
        np.stack([CONFLICT[0], -CONFLICT[0]]),
        np.repeat(CONFLICT[:1], 3, axis=0),
        np.stack([CONFLICT[0], 0 * CONFLICT[0], CONFLICT[1]]),
    ],
    ids=["zero", "opposite", "equal", "one of zeros"],
)
def test_degenerate_gradients_give_a_finite_update(gradients):
    assert np.all(np.isfinite(update(gradients)))


def test_opposite_gradients_cancel():
    np.testing.assert_allclose(
        update(np.stack([CONFLICT[0], -CONFLICT[0]])), np.zeros(3), atol=1e-5
    )
