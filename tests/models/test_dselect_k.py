import expert_parts as parts
import keras
import numpy as np
import pytest

from mm_keras import balancing
from mm_keras import models


def test_a_decided_selector_for_each_expert_is_mmoe():
    tasks = parts.two_tasks()
    sparse = models.dselect_k(parts.table(), tasks, num_experts=4, k=4)
    soft = models.mmoe(parts.table(), tasks, num_experts=4)
    parts.shake(sparse)
    for layer in soft.layers:
        if layer.weights and "mixture" not in layer.name:
            layer.set_weights(sparse.get_layer(layer.name).get_weights())
    x = parts.inputs_of(sparse)
    for task in ("price", "kind"):
        gate = sparse.get_layer(f"{task}_mixture")
        gate.selector_kernel.assign(0 * gate.selector_kernel)
        # The codes of the experts 0, 1, 2 and 3, the lowest bit first.
        gate.selector_bias.assign([-1, -1, 1, -1, -1, 1, 1, 1])
        gate.weight_bias.assign(np.zeros(4))
        soft.get_layer(gate.name).set_weights([gate.weight_kernel])
        np.testing.assert_allclose(
            sparse(x)[task], soft(x)[task], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("per_example", [True, False])
def test_the_losses_of_all_gates_join_those_of_the_tasks(per_example):
    model = models.dselect_k(
        parts.table(),
        parts.two_tasks(),
        num_experts=3,
        entropy_weight=0.5,
        per_example=per_example,
    )
    x, y = parts.inputs_of(model), parts.targets_of(model)
    logs = model.evaluate(x, y, return_dict=True, verbose=0)
    model(x)
    extra = sum(float(loss) for loss in model.losses)
    # Undecided: two selectors with three codes of 1/4 each, in two gates.
    entropy = -3 / 4 * np.log(1 / 4)
    assert extra == pytest.approx(4 * (0.5 * entropy + 4 / 3 - 1), rel=0.05)
    total = logs["price_loss"] + logs["kind_loss"] + extra
    assert logs["loss"] == pytest.approx(total, rel=1e-5)


def test_gates_become_sparse():
    model = models.dselect_k(
        parts.table(), parts.two_tasks(), k=1, entropy_weight=1.0
    )
    model.compile(keras.optimizers.Adam(0.05))
    x, y = parts.inputs_of(model), parts.targets_of(model)
    model.fit(x, y, epochs=60, verbose=0)
    for task in ("price", "kind"):
        mixture = model.get_layer(f"{task}_mixture")
        gate = parts.values_of(model, mixture.gate(mixture.input[0]), x)[0]
        assert np.all(np.sum(gate > 0, axis=1) == 1), gate


@pytest.mark.parametrize("per_example", [True, False])
def test_it_learns_tasks_of_every_view(per_example, tmp_path):
    model = models.dselect_k(
        parts.three_modalities(),
        parts.one_task_of_each_view(),
        num_experts=2,
        per_example=per_example,
    )
    parts.assert_learns(model)
    parts.assert_reloads(model, tmp_path)


@pytest.mark.parametrize("level", ["parameters", "features"])
def test_gates_decide_beside_balanced_gradients(level):
    model = models.dselect_k(
        parts.table(),
        parts.two_tasks(),
        entropy_weight=1.0,
        balancing=balancing.PCGrad(level=level),
    )
    x = parts.inputs_of(model)
    model(x)
    before = sum(float(loss) for loss in model.losses)
    parts.assert_learns(model)
    model(x)
    assert sum(float(loss) for loss in model.losses) < 0.8 * before


def test_wrong_numbers_are_explained():
    encoders, tasks = parts.table(), parts.two_tasks()
    with pytest.raises(ValueError, match=r"two tasks.*Received.*Add"):
        models.dselect_k(encoders, tasks[:1])
    with pytest.raises(ValueError, match=r"two experts.*Received.*Pass"):
        models.dselect_k(encoders, tasks, num_experts=1)
    with pytest.raises(ValueError, match=r"`k`.*Received: k=5.*Lower"):
        models.dselect_k(encoders, tasks, num_experts=4, k=5)
    with pytest.raises(ValueError, match=r"`units`.*Received.*Pass"):
        models.dselect_k(encoders, tasks, units=0.5)
