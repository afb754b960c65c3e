import expert_parts as parts
import numpy as np
import pytest

from mm_keras import balancing
from mm_keras import models
from mm_keras import tasks

TASKS = ("price", "kind")


def paper(model, task, x):
    """The formulas of the paper, for one example after another."""
    experts = model.get_layer("vector_experts")
    kernel = model.get_layer(f"{task}_mixture").get_weights()[0]
    rows = []
    for row in np.asarray(model.get_layer("table_encoder")(x)["vector"]):
        gate = parts.softmax(row @ kernel)
        mixed = sum(
            gate[i] * parts.expert(experts, i, row)
            for i in range(experts.num_experts)
        )
        rows.append(parts.linear_head(model, task, mixed))
    return np.stack(rows)


def test_values_are_those_of_the_paper():
    model = models.mmoe(parts.table(), parts.two_tasks(), num_experts=3)
    parts.shake(model)
    x = parts.inputs_of(model)
    outputs = model(x)
    for task in TASKS:
        expected = paper(model, task, x["table"])
        np.testing.assert_allclose(outputs[task], expected, atol=1e-4)


def make_equal(layer):
    """Gives all experts the weights of the first."""
    weights = layer.get_weights()
    first = weights[: len(weights) // layer.num_experts]
    layer.set_weights(first * layer.num_experts)


def test_equal_experts_are_hard_sharing_with_one_expert_in_between():
    model = models.mmoe(parts.three_modalities(), parts.tasks_of_every_view())
    x = parts.inputs_of(model)
    experts = model.get_layer("vector_experts")
    make_equal(experts)
    (read,) = parts.values_of(model, experts.input, x)
    head = model.get_layer("kind_head")
    np.testing.assert_allclose(
        model(x)["kind"], head(experts.run(0, read)), rtol=1e-4, atol=1e-5
    )
    experts = model.get_layer("pyramid_experts")
    make_equal(experts)
    levels = parts.values_of(model, experts.input, x)
    names = sorted(model.get_layer("image_encoder").output["pyramid"])
    one = {
        name: experts.run(0, level)
        for name, level in zip(names, levels, strict=True)
    }
    head = model.get_layer("mask_head")
    np.testing.assert_allclose(
        model(x)["mask"], head(one), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("task", ["mask", "depth", "part", "entity"])
def test_cells_and_tokens_are_weighed_by_the_gate_of_their_task(task):
    model = models.mmoe(parts.three_modalities(), parts.tasks_of_every_view())
    parts.shake(model)
    x = parts.inputs_of(model)
    mixture = model.get_layer(f"{task}_mixture")
    seen, *experts = parts.values_of(model, mixture.input, x)
    found = parts.values_of(model, mixture.output, x)
    kernel = mixture.get_weights()[0]
    for stack, mixed in zip(experts, found, strict=True):
        for row in range(parts.ROWS):
            gate = parts.softmax(seen[row] @ kernel)
            expected = sum(gate[i] * stack[row, i] for i in range(4))
            np.testing.assert_allclose(mixed[row], expected, atol=1e-4)


def test_gates_of_tokens_look_at_no_padding():
    model = models.mmoe(parts.three_modalities(), parts.tasks_of_every_view())
    x = parts.inputs_of(model)
    pooling = model.get_layer("tokens_pooling")
    (seen,) = parts.values_of(model, pooling.output, x)
    tokens = model.get_layer("text_encoder")(x["text"])["tokens"]
    np.testing.assert_allclose(
        seen[1], np.asarray(tokens)[1, :2].mean(axis=0), atol=1e-6
    )
    np.testing.assert_array_equal(seen[2], np.zeros(6))


def test_a_gate_serves_one_task():
    model = models.mmoe(parts.table(), parts.two_tasks())
    x = parts.inputs_of(model)
    before = model(x)
    parts.shake(model.get_layer("price_mixture"))
    after = model(x)
    assert np.any(after["price"] != before["price"])
    np.testing.assert_array_equal(after["kind"], before["kind"])


def test_each_view_has_experts_that_its_tasks_share():
    model = models.mmoe(parts.three_modalities(), parts.tasks_of_every_view())
    names = [layer.name for layer in model.layers]
    assert [name for name in sorted(names) if name.endswith("_experts")] == [
        "pyramid_experts",
        "tokens_experts",
        "vector_experts",
    ]
    assert {f"{task}_mixture" for task in ("mask", "part", "kind")} <= set(
        names
    )
    assert "match_mixture" not in names


def test_experts_are_as_wide_as_what_they_read_or_as_asked():
    model = models.mmoe(parts.three_modalities(), parts.tasks_of_every_view())
    assert model.get_layer("pyramid_experts").units == (5,)
    assert model.get_layer("tokens_experts").units == (6,)
    model = models.mmoe(parts.table(), parts.two_tasks(), units=(7, 3))
    assert model.get_layer("vector_experts").units == (7, 3)
    assert model.get_layer("kind_head").input.shape == (None, 3)


def test_what_alignment_reads_passes_unchanged():
    model, plain = parts.hard_sharing_of(
        models.mmoe, parts.three_modalities, parts.tasks_of_every_view()
    )
    x = parts.inputs_of(model)
    np.testing.assert_allclose(model(x)["match"], plain(x)["match"], atol=1e-6)


def test_it_learns_tasks_of_every_view(tmp_path):
    model = models.mmoe(parts.three_modalities(), parts.one_task_of_each_view())
    parts.assert_learns(model)
    parts.assert_reloads(model, tmp_path)


@pytest.mark.parametrize("level", ["parameters", "features"])
def test_gradients_are_balanced_at_what_tasks_share(level):
    strategy = balancing.PCGrad(level=level)
    model = models.mmoe(parts.table(), parts.two_tasks(), balancing=strategy)
    before = model.get_weights()
    parts.assert_learns(model)
    for weight, first in zip(model.trainable_weights, before, strict=False):
        assert np.any(weight.numpy() != first), weight.path


def test_one_task_or_one_expert_is_explained():
    with pytest.raises(ValueError, match=r"mmoe.*two tasks.*Received.*Add"):
        models.mmoe(parts.table(), parts.two_tasks()[:1])
    with pytest.raises(ValueError, match=r"two experts.*Received: .*=1.*Pass"):
        models.mmoe(parts.table(), parts.two_tasks(), num_experts=1)


def test_wrong_units_are_explained():
    with pytest.raises(ValueError, match=r"`units`.*Received.*-3.*Pass"):
        models.mmoe(parts.table(), parts.two_tasks(), units=-3)


def test_tasks_without_a_view_for_experts_are_explained():
    between = ("image", "table")
    both = [tasks.alignment(name, between) for name in ("near", "far")]
    encoders = {"image": parts.picture(), **parts.table()}
    with pytest.raises(ValueError, match=r"mmoe.*Received.*modalities.*Add"):
        models.mmoe(encoders, both)
