import expert_parts as parts
import numpy as np
import pytest

from mm_keras import models


def test_it_starts_as_hard_sharing_without_normalization():
    model, plain = parts.hard_sharing_of(
        models.decoupled_heads,
        parts.three_modalities,
        parts.tasks_of_every_view(),
        normalize=False,
    )
    x = parts.inputs_of(model)
    expected = plain(x)
    for task, outputs in model(x).items():
        np.testing.assert_array_equal(outputs, expected[task])


def test_values_are_those_of_the_formula():
    model = models.decoupled_heads(parts.table(), parts.two_tasks(), units=2)
    parts.shake(model)
    x = parts.inputs_of(model)
    read = np.asarray(model.get_layer("table_encoder")(x["table"])["vector"])
    for task, outputs in model(x).items():
        adapter = model.get_layer(f"{task}_adapter")
        scale, offset = adapter.norm.get_weights()
        centred = read - read.mean(axis=1, keepdims=True)
        deviation = np.sqrt(read.var(axis=1, keepdims=True) + 1e-3)
        own = centred / deviation * scale + offset
        down, down_bias = adapter.down.get_weights()
        up, up_bias = adapter.up.get_weights()
        own = own + np.maximum(own @ down + down_bias, 0) @ up + up_bias
        expected = parts.linear_head(model, task, own)
        np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("task", ["kind", "mask", "part"])
def test_an_adapter_serves_one_task(task):
    model = models.decoupled_heads(
        parts.three_modalities(), parts.one_task_of_each_view()
    )
    x = parts.inputs_of(model)
    before = model(x)
    parts.shake(model.get_layer(f"{task}_adapter"))
    for name, outputs in model(x).items():
        assert np.any(outputs != before[name]) == (name == task)


def test_what_alignment_reads_passes_unchanged():
    model = models.decoupled_heads(
        parts.three_modalities(), parts.tasks_of_every_view()
    )
    names = [layer.name for layer in model.layers]
    assert "kind_adapter" in names and "match_adapter" not in names


def test_it_learns_tasks_of_every_view(tmp_path):
    model = models.decoupled_heads(
        parts.three_modalities(), parts.one_task_of_each_view()
    )
    parts.assert_learns(model)
    parts.assert_reloads(model, tmp_path)


def test_one_task_and_wrong_units_are_explained():
    with pytest.raises(ValueError, match=r"two tasks.*Received.*Add"):
        models.decoupled_heads(parts.table(), parts.two_tasks()[:1])
    with pytest.raises(ValueError, match=r"`units`.*Received.*Pass"):
        models.decoupled_heads(parts.table(), parts.two_tasks(), units=0)
