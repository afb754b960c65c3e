import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)


def image(name=None, **options):
    return encoders.resnet(
        (1, 1, 1), (16, 16, 3), width=4, stem_stride=2, name=name, **options
    )


def table(units=(8, 6), name=None):
    return encoders.mlp(4, units=units, name=name)


def pictures(rows=2):
    return RNG.uniform(0, 255, (rows, 16, 16, 3)).astype("float32")


def every_view():
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
        "image": pictures(),
        "table": RNG.normal(size=(2, 4)).astype("float32"),
        "text": np.array([[1, 2, 3, 4], [5, 0, 0, 0]]),
    }
    return given, read, batch


def attentions(model):
    return {
        layer.name: layer
        for layer in model.layers
        if layer.name.endswith("_attention")
    }


def open_wide(model):
    """Sets all masks to one, whatever the features."""
    for layer in attentions(model).values():
        _, norm = layer.mask
        norm.gamma.assign(keras.ops.zeros_like(norm.gamma))
        norm.beta.assign(keras.ops.full_like(norm.beta, 30.0))


def test_masks_of_one_give_hard_sharing():
    given, read, batch = every_view()
    model = models.mtan(given, read)
    shared = models.hard_sharing(given, read)
    for task in read:
        name = f"{task.name}_head"
        shared.get_layer(name).set_weights(model.get_layer(name).get_weights())
    open_wide(model)
    found, expected = model(batch), shared(batch)
    assert list(found) == [task.name for task in read]
    for task in found:
        np.testing.assert_allclose(
            found[task], expected[task], rtol=1e-4, atol=1e-4
        )


def test_every_stage_is_weighed_by_the_formula():
    """The paper's recursion, for dense stages, over two tasks."""
    encoder = table()
    model = models.mtan(
        {"table": encoder}, [tasks.regression("price"), tasks.regression("age")]
    )
    x = RNG.normal(size=(5, 4)).astype("float32")

    def dense(x, layer):
        return x @ np.asarray(layer.kernel)

    def norm(x, layer):
        return x / np.sqrt(1 + layer.epsilon)

    first = np.maximum(dense(x, encoder.get_layer("stage1")), 0)
    second = np.maximum(dense(first, encoder.get_layer("stage2")), 0)
    for task in ("price", "age"):
        kept = None
        for stage, shared in (("stage1", first), ("stage2", second)):
            layer = model.get_layer(f"{task}_table_{stage}_attention")
            read = shared
            if kept is not None:
                before = norm(dense(kept, layer.before[0]), layer.before[1])
                read = np.concatenate([shared, np.maximum(before, 0)], axis=1)
            hidden = norm(dense(read, layer.hidden[0]), layer.hidden[1])
            logits = dense(np.maximum(hidden, 0), layer.mask[0])
            kept = shared / (1 + np.exp(-norm(logits, layer.mask[1])))
        head = model.get_layer(f"{task}_head").logits
        np.testing.assert_allclose(
            model({"table": x})[task], dense(kept, head), rtol=1e-3, atol=1e-5
        )


def test_stages_are_shared_and_what_follows_them_is_not():
    encoder = image()
    read = [
        tasks.segmentation("mask", 3, channels=4),
        tasks.depth("depth", channels=4),
    ]
    model = models.mtan({"image": encoder}, read)
    names = {layer.name for layer in model.layers}
    assert {"image_stage1", "image_stage3", "mask_image_neck"} <= names
    own = encoder.get_layer("stage1_block1_1_conv").kernel
    assert any(weight is own for weight in model.weights)
    mask, depth = (
        model.get_layer(f"{task}_image_neck").weights
        for task in ("mask", "depth")
    )
    assert mask and not {id(w) for w in mask} & {id(w) for w in depth}
    for one, other in zip(mask, depth, strict=True):
        np.testing.assert_array_equal(one, other)


def test_stages_that_no_task_reads_are_left_out():
    read = [tasks.segmentation("mask", 3, channels=4)]
    model = models.mtan({"image": image(levels=("P1", "P2"))}, read)
    names = {layer.name for layer in model.layers}
    assert "image_stage2" in names
    assert "image_stage3" not in names
    assert "mask_image_stage3_attention" not in names


def test_masks_can_be_read_from_a_loaded_model(tmp_path):
    given, read, batch = every_view()
    model = models.mtan(given, read)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for name in ("mask_image_stage1_attention", "mask_image_stage3_attention"):
        masks = [
            m.get_layer(name).attention_model(m).predict(batch, verbose=0)
            for m in (model, loaded)
        ]
        np.testing.assert_allclose(*masks, rtol=1e-4, atol=1e-6)
        assert masks[0].min() > 0 and masks[0].max() < 1


def test_it_learns():
    keras.utils.set_random_seed(1)
    x = {"table": RNG.normal(size=(64, 4)).astype("float32")}
    y = {"left": x["table"][:, :1] * 2, "right": x["table"][:, 1:2] - 1}
    model = models.mtan(
        {"table": table((16, 16))},
        [tasks.regression("left"), tasks.regression("right")],
        optimizer=keras.optimizers.Adam(0.02),
    )
    history = model.fit(x, y, epochs=25, verbose=0).history["loss"]
    assert history[-1] < history[0] / 4


def test_optional_encoders_of_one_name_get_along():
    given = {
        "left": encoders.optional(table(name="same")),
        "right": table(name="same"),
    }
    model = models.mtan(given, [tasks.regression("price")])
    x = {m: np.ones((2, 4), "float32") for m in given}
    flag = {"left_present": np.array([1.0, 0.0], "float32")}
    price = np.asarray(model({**x, **flag})["price"])
    assert not np.allclose(price[0], price[1])
    x["left"][1] = np.nan
    np.testing.assert_allclose(model({**x, **flag})["price"], price, rtol=1e-5)


def test_an_encoder_without_stages_is_explained():
    x = keras.Input((4,))
    plain = keras.Model(x, keras.layers.Dense(3)(x))
    with pytest.raises(ValueError, match=r"stage1.*Received.*Name the last"):
        models.mtan({"table": plain}, [tasks.regression("price")])


def test_pictures_of_any_size_are_explained():
    free = encoders.convnet((None, None, 3), (4, 6), pyramid_channels=6)
    with pytest.raises(ValueError, match=r"known sizes.*Received.*Fix"):
        models.mtan({"image": free}, [tasks.regression("price")])
