import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)


def image():
    return encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6)


def table():
    return encoders.mlp(4, units=(8,))


def pictures(rows=4):
    return {"image": RNG.uniform(0, 255, (rows, 16, 16, 3)).astype("float32")}


def every_view():
    """Encoders and tasks that together read each view that is weighed."""
    given = {
        "image": image(),
        "table": table(),
        "text": encoders.lstm(9, 4, units=5, embedding_dim=3),
    }
    read = [
        tasks.regression("price"),
        tasks.segmentation("mask", 3, channels=4),
        tasks.tagging("part", 3, max_tokens=4),
        tasks.alignment("match", ("image", "table"), units=4),
    ]
    batch = {
        **pictures(),
        "table": RNG.normal(size=(4, 4)).astype("float32"),
        "text": RNG.integers(0, 9, (4, 4)),
    }
    return given, read, batch


def test_masks_of_one_give_hard_sharing():
    given, read, batch = every_view()
    model = models.task_attention(given, read)
    shared = models.hard_sharing(given, read)
    for task in read:
        name = f"{task.name}_head"
        shared.get_layer(name).set_weights(model.get_layer(name).get_weights())
    for layer in model.layers:
        if layer.name.endswith("_attention"):
            for _, mask in layer.parts.values():
                mask.kernel.assign(keras.ops.zeros_like(mask.kernel))
                mask.bias.assign(keras.ops.full_like(mask.bias, 30.0))
    found, expected = model(batch), shared(batch)
    for task in found:
        np.testing.assert_allclose(found[task], expected[task], atol=1e-6)


def test_a_task_reads_what_its_masks_leave_of_the_shared_features():
    given, read, batch = every_view()
    model = models.task_attention(given, read[:2])
    for task, view in (("price", "vector"), ("mask", "pyramid")):
        masks = model.get_layer(f"{task}_attention").attention_model(model)
        head = model.get_layer(f"{task}_head")
        features = keras.Model(model.input, head.input)(batch)
        layer = model.get_layer(f"{task}_attention")
        before = keras.Model(model.input, layer.input)(batch)
        masks = masks(batch)
        if view == "vector":
            masks, features, before = {"": masks}, [features], [before]
        for mask, after, shared in zip(
            masks.values(), features, before, strict=True
        ):
            assert np.all((np.asarray(mask) > 0) & (np.asarray(mask) < 1))
            np.testing.assert_allclose(after, mask * shared, rtol=1e-5)


def test_modalities_are_read_as_they_are():
    given, read, _ = every_view()
    model = models.task_attention(given, read)
    names = [layer.name for layer in model.layers]
    assert "part_attention" in names
    assert "match_attention" not in names


def test_levels_that_a_head_leaves_out_get_no_masks():
    task = tasks.detection("things", 2, channels=4, levels=("P2",))
    model = models.task_attention({"image": image()}, [task])
    assert list(model.get_layer("things_attention").parts) == ["P2"]


def test_it_learns_and_its_masks_come_to_differ_between_tasks():
    keras.utils.set_random_seed(2)
    x = RNG.normal(size=(64, 4)).astype("float32")
    y = {"left": x[:, :1] * 2, "right": x[:, 1:2] - x[:, 2:3]}
    model = models.task_attention(
        {"table": encoders.mlp(4, units=(16,))},
        [tasks.regression("left"), tasks.regression("right")],
        optimizer=keras.optimizers.Adam(0.02),
    )
    history = model.fit({"table": x}, y, epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0] / 5
    left, right = (
        model.get_layer(f"{task}_attention")
        .attention_model(model)
        .predict({"table": x}, verbose=0)
        for task in ("left", "right")
    )
    assert np.mean(np.abs(left - right)) > 0.05


@pytest.mark.parametrize("balancing", ["uncertainty", "pcgrad"])
def test_only_a_task_trains_its_masks(balancing):
    model = models.task_attention(
        {"table": table()},
        [tasks.regression("price"), tasks.regression("size")],
        balancing=balancing,
    )
    before = {
        task: model.get_layer(f"{task}_attention").get_weights()
        for task in ("price", "size")
    }
    x = {"table": RNG.normal(size=(4, 4)).astype("float32")}
    model.train_on_batch(
        x,
        {task: np.ones((4, 1)) for task in before},
        {"price": np.ones(4), "size": np.zeros(4)},
    )
    for task, weights in before.items():
        after = model.get_layer(f"{task}_attention").get_weights()
        moved = any(
            np.any(new != old) for new, old in zip(after, weights, strict=True)
        )
        assert moved == (task == "price")


def test_a_view_that_nobody_gives_is_explained():
    with pytest.raises(ValueError, match=r"expects the view.*Received.*Add"):
        models.task_attention(
            {"table": table()}, [tasks.segmentation("mask", 3)]
        )
