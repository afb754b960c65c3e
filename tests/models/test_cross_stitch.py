import keras
import numpy as np
import pytest

from mm_keras import balancing
from mm_keras import encoders
from mm_keras import layers
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)
INPUTS = {"table": RNG.normal(size=(8, 4)).astype("float32")}
TARGETS = {
    "price": RNG.normal(size=(8, 1)).astype("float32"),
    "kind": RNG.integers(0, 3, 8),
}
PICTURES = RNG.uniform(0, 255, (3, 16, 16, 3)).astype("float32")
IDS = np.array([[1, 2, 3, 4], [5, 0, 0, 0], [0, 0, 0, 0]])


def table(name=None):
    return encoders.mlp(4, units=(6, 5), name=name)


def image():
    return encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6)


def two_tasks():
    return [tasks.regression("price"), tasks.classification("kind", 3)]


def relu(x):
    return np.maximum(x, 0)


def with_random_weights(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def test_it_is_the_algorithm_of_the_paper():
    """Two networks, layer by layer, with a 2 x 2 matrix for each channel."""
    model = with_random_weights(
        models.cross_stitch({"table": table()}, two_tasks())
    )
    x = {"price": INPUTS["table"], "kind": INPUTS["table"]}
    for i in (1, 2):
        for task in x:
            kernel, bias = model.get_layer(
                f"{task}_table_stage{i}"
            ).get_weights()
            x[task] = relu(x[task] @ kernel + bias)
        alpha = model.get_layer(f"table_stitch{i}").get_weights()[0]
        stitched = {task: np.zeros_like(value) for task, value in x.items()}
        # The rows of alpha are the tasks in alphabetical order.
        for t, task in enumerate(("kind", "price")):
            for k, other in enumerate(("kind", "price")):
                for c in range(alpha.shape[2]):
                    stitched[task][:, c] += alpha[t, k, c] * x[other][:, c]
        x = stitched
    found = model(INPUTS)
    for task, vector in x.items():
        kernel, bias = model.get_layer(f"{task}_head").get_weights()
        np.testing.assert_allclose(
            found[task], vector @ kernel + bias, rtol=1e-4, atol=1e-4
        )


# Encoders, tasks and inputs of every kind.
SETTINGS = {
    "table": lambda: ({"table": table()}, two_tasks(), INPUTS),
    "pyramid and vector": lambda: (
        {"image": image(), "table": table()},
        [
            tasks.segmentation("mask", 3, channels=4),
            tasks.regression("price"),
            tasks.detection("things", 2, max_boxes=2, channels=4, depth=1),
        ],
        {"image": PICTURES, "table": INPUTS["table"][:3]},
    ),
    "tokens and vector": lambda: (
        {"text": encoders.lstm(9, 4, units=5)},
        [tasks.tagging("part", 3, max_tokens=4), tasks.regression("price")],
        {"text": IDS},
    ),
    "optional": lambda: (
        {
            "text": encoders.optional(encoders.lstm(9, 4, units=5)),
            "image": encoders.optional(image()),
        },
        [
            tasks.tagging("part", 3, max_tokens=4),
            tasks.classification("kind", 3),
            tasks.multi_label("tags", 3, view="pyramid"),
        ],
        {
            "text": IDS,
            "text_present": np.array([1.0, 0.0, 1.0]),
            "image": PICTURES,
            "image_present": np.array([0.0, 1.0, 1.0]),
        },
    ),
    "modalities": lambda: (
        {"left": table("left"), "right": table("right")},
        [tasks.alignment("match", ("left", "right")), tasks.regression("a")],
        {"left": INPUTS["table"], "right": INPUTS["table"][::-1]},
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_identity_stitches_leave_the_tasks_independent(setting):
    given, listed, inputs = SETTINGS[setting]()
    stitched = models.cross_stitch(
        given, listed, stitch=layers.CrossStitch(self_weight=1.0)
    )
    free = models.independent(given, listed)
    for task in listed:
        head = f"{task.name}_head"
        free.get_layer(head).set_weights(stitched.get_layer(head).get_weights())
    expected, found = free(inputs), stitched(inputs)
    for task, value in expected.items():
        np.testing.assert_allclose(found[task], value, atol=1e-5)


@pytest.mark.parametrize("stitch", ["cross_stitch", "nddr"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_it_survives_a_file(setting, stitch, tmp_path):
    given, listed, inputs = SETTINGS[setting]()
    model = models.cross_stitch(given, listed, stitch=stitch)
    rng = np.random.default_rng(1)
    for weight in model.weights:
        noise = rng.uniform(0, 0.1, weight.shape)
        weight.assign(weight + noise.astype("float32"))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    found, expected = loaded(inputs), model(inputs)
    for task, value in expected.items():
        np.testing.assert_allclose(found[task], value, rtol=1e-5, atol=1e-5)


def test_a_task_learns_from_the_column_of_another():
    model = models.cross_stitch({"table": table()}, two_tasks())
    stage = model.get_layer("kind_table_stage1")
    before = stage.get_weights()
    model.compile("sgd")
    model.train_on_batch(INPUTS, {"price": TARGETS["price"]})
    assert np.any(stage.get_weights()[0] != before[0])


def test_it_is_stitched_where_several_tasks_read():
    model = models.cross_stitch(
        {"image": image(), "table": table(), "text": encoders.lstm(9, 4)},
        [
            tasks.segmentation("mask", 3, channels=4),
            tasks.multi_label("tags", 3, view="pyramid"),
            tasks.tagging("part", 3, max_tokens=4),
            tasks.regression("price"),
        ],
    )
    names = {layer.name for layer in model.layers}
    # Mask, tags and price read the picture; part and price, the text.
    assert {n for n in names if "stitch" in n} == {
        "image_stitch1",
        "image_stitch2",
        "text_stitch1",
    }
    assert model.get_layer("image_stitch1").alpha.shape == (3, 3, 4)
    assert model.get_layer("text_stitch1").alpha.shape == (2, 2, 128)
    assert "price_table_encoder" in names
    assert "mask_image_neck" in names
    assert "part_image_neck" not in names


def test_the_encoder_stays_as_it_is():
    encoder = table()
    before = encoder.get_weights()
    model = models.cross_stitch({"table": encoder}, two_tasks())
    model.train_on_batch(INPUTS, TARGETS)
    for weight, first in zip(encoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, first)


@pytest.mark.parametrize("stitch", ["cross_stitch", "nddr"])
@pytest.mark.parametrize("strategy", [None, "uncertainty", "pcgrad"])
def test_it_learns(stitch, strategy):
    model = models.cross_stitch(
        {"table": table()},
        two_tasks(),
        stitch=stitch,
        optimizer=keras.optimizers.Adam(0.02),
        balancing=strategy,
    )
    before = model.get_layer("table_stitch1").get_weights()[0]
    history = model.fit(INPUTS, TARGETS, epochs=40, verbose=0).history
    for task in TARGETS:
        losses = history[f"{task}_loss"]
        assert losses[-1] < 0.8 * losses[0]
    assert np.any(model.get_layer("table_stitch1").get_weights()[0] != before)


def test_gradients_may_be_balanced_at_the_features():
    model = models.cross_stitch({"table": table()}, two_tasks())
    strategy = balancing.PCGrad(level="features")
    model.compile("sgd", balancing=strategy)
    before = model.get_layer("table_stitch1").get_weights()[0]
    model.train_on_batch(INPUTS, TARGETS)
    assert np.any(model.get_layer("table_stitch1").get_weights()[0] != before)


def test_one_task_is_explained():
    with pytest.raises(ValueError, match=r"at least two.*Received.*Add"):
        models.cross_stitch({"table": table()}, two_tasks()[:1])


def test_encoders_without_stages_are_explained():
    inputs = keras.Input((4,), name="table")
    plain = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(ValueError, match=r"stage1.*Received.*Name the last"):
        models.cross_stitch({"table": plain}, two_tasks())


def test_an_unknown_stitch_is_explained():
    with pytest.raises(ValueError, match=r"one of.*Received.*sluice.*Pass"):
        models.cross_stitch({"table": table()}, two_tasks(), stitch="sluice")
