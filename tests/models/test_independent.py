import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import layers
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)


def table(name=None):
    return encoders.mlp(4, units=(6,), name=name)


def two_tasks():
    return [tasks.regression("price"), tasks.classification("kind", 3)]


def batch(rows=8):
    inputs = {"table": RNG.normal(size=(rows, 4)).astype("float32")}
    targets = {
        "price": RNG.normal(size=(rows, 1)).astype("float32"),
        "kind": RNG.integers(0, 3, rows),
    }
    return inputs, targets


def trained(model, targets, steps=3):
    for _ in range(steps):
        model.train_on_batch(batch_inputs, targets)
    return model


batch_inputs, batch_targets = batch()


def alone(task, encoder, together):
    """A network of one task that starts where its column does."""
    twin = encoders.copy(encoder, "twin")
    model = models.hard_sharing({"table": twin}, [task])
    head = model.get_layer(f"{task.name}_head")
    head.set_weights(together.get_layer(head.name).get_weights())
    return model


def test_a_task_trains_as_it_would_alone():
    encoder, both = table(), two_tasks()
    together = models.independent({"table": encoder}, both)
    singles = [alone(task, encoder, together) for task in both]
    trained(together, batch_targets)
    for task, single in zip(both, singles, strict=True):
        trained(single, {task.name: batch_targets[task.name]})
        np.testing.assert_allclose(
            together(batch_inputs)[task.name],
            single(batch_inputs)[task.name],
            atol=1e-5,
        )


def test_every_task_starts_from_the_encoder_which_stays_as_it_is():
    encoder = table()
    before = encoder.get_weights()
    model = models.independent({"table": encoder}, two_tasks())
    for task in ("price", "kind"):
        copied = model.get_layer(f"{task}_table_encoder").get_weights()
        for weight, first in zip(copied, before, strict=True):
            np.testing.assert_array_equal(weight, first)
    trained(model, batch_targets)
    for weight, first in zip(encoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, first)


def test_no_weight_serves_two_tasks():
    model = models.independent({"table": table()}, two_tasks())
    before = model(batch_inputs)["kind"]
    for weight in model.get_layer("price_table_encoder").weights:
        weight.assign(weight + 1)
    np.testing.assert_array_equal(model(batch_inputs)["kind"], before)


def test_a_task_leaves_out_what_it_does_not_read():
    image = encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6)
    model = models.independent(
        {"image": image, "table": table()},
        [tasks.segmentation("mask", 3, channels=4), tasks.regression("price")],
    )
    names = {layer.name for layer in model.layers}
    assert {"mask_image_encoder", "price_image_encoder"} <= names
    assert "price_table_encoder" in names
    assert "mask_table_encoder" not in names
    assert "price_fusion" in names


def test_each_task_has_a_fusion_of_its_own():
    fusion = layers.AttentionFusion(units=5)
    model = models.independent(
        {"left": table("left"), "right": table("right")},
        two_tasks(),
        fusion=fusion,
    )
    first, second = (model.get_layer(f"{t}_fusion") for t in ("price", "kind"))
    assert first.units == second.units == 5
    assert not {id(w) for w in first.weights} & {id(w) for w in second.weights}


@pytest.mark.parametrize("balancing", ["uncertainty", "pcgrad"])
def test_it_trains_with_every_kind_of_strategy(balancing):
    model = models.independent(
        {"table": table()}, two_tasks(), balancing=balancing
    )
    before = model.get_weights()
    trained(model, batch_targets)
    changed = [
        np.any(new != old)
        for new, old in zip(model.get_weights(), before, strict=True)
    ]
    assert all(changed[: len(model.trainable_variables)])


def test_optional_modalities_stay_optional(tmp_path):
    model = models.independent(
        {"table": encoders.optional(table())}, two_tasks()
    )
    there = {**batch_inputs, "table_present": np.ones(8, "float32")}
    gone = {**there, "table_present": np.zeros(8, "float32")}
    np.testing.assert_array_equal(
        model(batch_inputs)["kind"], model(there)["kind"]
    )
    absent = np.asarray(model(gone)["kind"])
    np.testing.assert_allclose(absent, absent[:1].repeat(8, 0), atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(gone)["kind"], absent, atol=1e-6)
