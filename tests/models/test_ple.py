import expert_parts as parts
import keras
import numpy as np
import pytest

from mm_keras import models

TASKS = ("price", "kind")
SHARED = "shared_vector"


def choose(gate, x, outputs):
    """The gate of the paper: softmax(W x) over the selected experts."""
    (kernel,) = gate.get_weights()
    weights = parts.softmax(x @ kernel)
    return sum(w * output for w, output in zip(weights, outputs, strict=True))


def paper(model, row, num_levels, ending=str):
    """Section 4.2 of the paper for one example; what each head reads."""
    read = {who: row for who in (*TASKS, SHARED)}
    for level in range(1, num_levels + 1):
        outputs = {}
        for who, x in read.items():
            layer = model.get_layer(f"{who}_experts{ending(level)}")
            numbers = range(layer.num_experts)
            outputs[who] = [parts.expert(layer, i, x) for i in numbers]
        new = {}
        for task in TASKS:
            gate = model.get_layer(f"{task}_mixture{ending(level)}")
            choice = outputs[task] + outputs[SHARED]
            new[task] = choose(gate, read[task], choice)
        if level < num_levels:
            gate = model.get_layer(f"{SHARED}_mixture{ending(level)}")
            choice = outputs["price"] + outputs["kind"] + outputs[SHARED]
            new[SHARED] = choose(gate, read[SHARED], choice)
        read = new
    return read


def assert_is_the_paper(model, num_levels, ending=str):
    parts.shake(model)
    x = parts.inputs_of(model)
    rows = np.asarray(model.get_layer("table_encoder")(x["table"])["vector"])
    read = [paper(model, row, num_levels, ending) for row in rows]
    for task, outputs in model(x).items():
        stacked = np.stack([of_row[task] for of_row in read])
        expected = parts.linear_head(model, task, stacked)
        np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("num_levels", [1, 2, 3])
def test_values_are_those_of_the_paper(num_levels):
    model = models.ple(
        parts.table(),
        parts.two_tasks(),
        num_levels=num_levels,
        num_shared_experts=3,
        units=5,
    )
    assert_is_the_paper(model, num_levels)


def test_values_of_the_last_level_alone_are_those_of_the_paper():
    model = models.cgc(parts.table(), parts.two_tasks(), num_experts=3)
    assert_is_the_paper(model, 1, ending=lambda level: "")


def test_one_level_is_cgc():
    encoders, tasks = parts.three_modalities(), parts.tasks_of_every_view()
    one = models.ple(encoders, tasks, num_levels=1)
    other = models.cgc(encoders, tasks)
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        assert (
            mine.path.replace("experts1", "experts").replace(
                "mixture1", "mixture"
            )
            == theirs.path
        )
    parts.shake(one)
    other.set_weights(one.get_weights())
    x = parts.inputs_of(one)
    for task, outputs in other(x).items():
        np.testing.assert_allclose(outputs, one(x)[task], rtol=1e-5)


def test_without_shared_experts_each_task_has_its_own_and_no_others():
    model = models.cgc(parts.table(), parts.two_tasks(), num_shared_experts=0)
    mixed = models.mmoe(parts.table(), parts.two_tasks(), num_experts=2)
    assert not [layer for layer in model.layers if "shared" in layer.name]
    parts.shake(model)
    x = parts.inputs_of(model)
    # The mixture of one task alone is that of `mmoe` with its experts.
    for task in TASKS:
        for mine, theirs in {
            "table_encoder": "table_encoder",
            f"{task}_experts": "vector_experts",
            f"{task}_mixture": f"{task}_mixture",
            f"{task}_head": f"{task}_head",
        }.items():
            weights = model.get_layer(mine).get_weights()
            mixed.get_layer(theirs).set_weights(weights)
        np.testing.assert_allclose(mixed(x)[task], model(x)[task], rtol=1e-5)
    before = model(x)["kind"]
    parts.shake(model.get_layer("price_experts"))
    np.testing.assert_array_equal(model(x)["kind"], before)


def test_several_levels_without_shared_experts_have_no_shared_gate():
    model = models.ple(parts.table(), parts.two_tasks(), num_shared_experts=0)
    assert not [layer for layer in model.layers if "shared" in layer.name]
    before = model(parts.inputs_of(model))
    assert set(before) == set(TASKS)


def test_what_one_task_found_reaches_another_through_the_shared_gate():
    model = models.ple(parts.table(), parts.two_tasks())
    x = parts.inputs_of(model)
    before = model(x)["kind"]
    parts.shake(model.get_layer("price_experts1"))
    after = model(x)["kind"]
    assert np.any(after != before)
    parts.shake(model.get_layer("price_experts2"))
    np.testing.assert_array_equal(model(x)["kind"], after)


def test_every_weight_is_reached_by_a_loss():
    model = models.ple(parts.table(), parts.two_tasks(), num_levels=3)
    parts.shake(model, scale=0.7)
    before = model.get_weights()
    x, y = parts.inputs_of(model), parts.targets_of(model)
    model.train_on_batch(x, y)
    for weight, first in zip(model.weights, before, strict=True):
        changed = np.any(keras.ops.convert_to_numpy(weight) != first)
        assert changed or "bias" in weight.path, weight.path


def test_views_have_experts_of_their_own():
    model = models.ple(parts.three_modalities(), parts.tasks_of_every_view())
    names = {layer.name for layer in model.layers}
    for level in (1, 2):
        for who in ("shared_pyramid", "shared_tokens", "kind", "mask", "part"):
            assert f"{who}_experts{level}" in names
    assert "shared_tokens_mixture1" in names
    assert "shared_tokens_mixture2" not in names
    assert not [name for name in names if name.startswith("match_experts")]
    # Those of two tasks and the shared ones.
    assert model.get_layer("shared_pyramid_mixture1").num_experts == 6


@pytest.mark.parametrize("structure", [models.cgc, models.ple])
def test_it_learns_tasks_of_every_view(structure, tmp_path):
    tasks = parts.one_task_of_each_view()
    model = structure(parts.three_modalities(), tasks, num_experts=1)
    parts.assert_learns(model)
    parts.assert_reloads(model, tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_levels": 0},
        {"num_experts": 0},
        {"num_shared_experts": -1},
        {"num_experts": 1, "num_shared_experts": 0},
    ],
)
def test_wrong_numbers_are_explained(arguments):
    with pytest.raises(ValueError, match=r"ple.*expects.*Received.*Pass"):
        models.ple(parts.table(), parts.two_tasks(), **arguments)


@pytest.mark.parametrize("structure", [models.cgc, models.ple])
def test_one_task_and_wrong_units_are_explained(structure):
    with pytest.raises(ValueError, match=r"two tasks.*Received.*Add"):
        structure(parts.table(), parts.two_tasks()[:1])
    with pytest.raises(ValueError, match=r"`units`.*Received.*Pass"):
        structure(parts.table(), parts.two_tasks(), units=0)
