import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)
INPUTS = {"table": RNG.normal(size=(8, 4)).astype("float32")}
TARGETS = {
    "price": RNG.normal(size=(8, 1)).astype("float32"),
    "kind": RNG.integers(0, 3, 8),
}


def table():
    return encoders.mlp(4, units=(6, 5))


def two_tasks():
    return [tasks.regression("price"), tasks.classification("kind", 3)]


def built(**arguments):
    return models.branched({"table": table()}, two_tasks(), **arguments)


def apart(model):
    """Gives all blocks other weights, which all start from one encoder."""
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return model


def choose(model, name, logits):
    model.get_layer(name).logits.assign(np.array(logits, "float32"))


def dense(x, layer):
    kernel, bias = layer.get_weights()
    return x @ kernel + bias


def test_it_is_the_tree_that_was_chosen():
    model = apart(built())
    choose(model, "table_branching2", [[0, 1], [1, 0]])
    choose(model, "table_branching", [[1, 0], [0, 1]])
    # Price reads block 1 of stage 2, which reads block 2 of stage 1.
    ways = {"price": (2, 1), "kind": (1, 2)}
    found = model(INPUTS)
    for task, way in ways.items():
        x = INPUTS["table"]
        for i, block in enumerate(way, start=1):
            stage = model.get_layer(f"table_block{block}_stage{i}")
            x = np.maximum(dense(x, stage), 0)
        expected = dense(x, model.get_layer(f"{task}_head"))
        np.testing.assert_allclose(found[task], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("training", [False, True])
def test_one_block_is_hard_sharing(training):
    encoder = table()
    one = models.branched({"table": encoder}, two_tasks(), blocks=1)
    shared = models.hard_sharing({"table": encoder}, two_tasks())
    for task in TARGETS:
        head = f"{task}_head"
        shared.get_layer(head).set_weights(one.get_layer(head).get_weights())
    if training:
        for model in (one, shared):
            model.compile(keras.optimizers.SGD(0.1))
            model.fit(INPUTS, TARGETS, epochs=3, verbose=0, shuffle=False)
    for task, value in shared(INPUTS).items():
        np.testing.assert_allclose(one(INPUTS)[task], value, atol=1e-5)


SETTINGS = {
    "table": lambda: ({"table": table()}, two_tasks(), INPUTS),
    "pictures": lambda: (
        {
            "image": encoders.optional(
                encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6)
            ),
            "table": table(),
        },
        [
            tasks.segmentation("mask", 3, channels=4),
            tasks.regression("price"),
            tasks.multi_label("tags", 3, view="pyramid"),
        ],
        {
            "image": RNG.uniform(0, 255, (3, 16, 16, 3)).astype("float32"),
            "image_present": np.array([1.0, 0.0, 1.0]),
            "table": INPUTS["table"][:3],
        },
    ),
    "text": lambda: (
        {"text": encoders.lstm(9, 4, units=5)},
        [tasks.tagging("part", 3, max_tokens=4), tasks.regression("price")],
        {"text": np.array([[1, 2, 3, 4], [5, 0, 0, 0], [0, 0, 0, 0]])},
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_fixed_tree_predicts_the_same_and_survives_a_file(
    setting, tmp_path
):
    given, listed, inputs = SETTINGS[setting]()
    model = apart(models.branched(given, listed))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    tree = models.fix_branches(loaded)
    assert tree.count_params() < model.count_params()
    assert not [n for n in tree.layers if "branching" in n.name]
    tree.save(tmp_path / "tree.keras")
    again = keras.models.load_model(tmp_path / "tree.keras")
    for task, value in model(inputs).items():
        for other in (loaded, tree, again):
            np.testing.assert_allclose(
                other(inputs)[task], value, rtol=1e-4, atol=1e-4
            )


def test_serving_gives_the_fixed_tree():
    model = apart(built())
    found = mm_keras.serving_model(model)(INPUTS)
    expected = mm_keras.serving_model(models.fix_branches(model))(INPUTS)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5)


def test_blocks_that_nobody_chose_are_left_out():
    model = built(blocks=3)
    choose(model, "table_branching2", [[0, 0, 1]] * 3)
    choose(model, "table_branching", [[0, 1, 0], [1, 0, 0]])
    tree = models.fix_branches(model)
    names = {layer.name for layer in tree.layers if "block" in layer.name}
    assert names == {
        "table_block3_stage1",
        "table_block1_stage2",
        "table_block2_stage2",
    }


@pytest.mark.parametrize("strategy", [None, "uncertainty", "pcgrad"])
def test_blocks_and_choices_learn(strategy):
    model = built(
        temperature=1.0,
        optimizer=keras.optimizers.Adam(0.02),
        balancing=strategy,
    )
    layer = model.get_layer("table_branching2")
    before = layer.get_weights()[0]
    history = model.fit(INPUTS, TARGETS, epochs=50, verbose=0).history
    for task in TARGETS:
        losses = history[f"{task}_loss"]
        assert losses[-1] < 0.8 * losses[0]
    assert np.any(layer.get_weights()[0] != before)


def test_choices_may_wait_until_the_blocks_are_warm():
    model = built(temperature=1.0)
    schedule = mm_keras.training.SharingSchedule(
        {"table_branching": {0: False}}
    )
    model.fit(INPUTS, TARGETS, epochs=2, verbose=0, callbacks=[schedule])
    logits = {
        name: np.any(model.get_layer(name).get_weights()[0])
        for name in ("table_branching", "table_branching2")
    }
    assert logits == {"table_branching": False, "table_branching2": True}


@pytest.mark.parametrize("blocks", [0, 1.5, "two"])
def test_a_wrong_number_of_blocks_is_explained(blocks):
    with pytest.raises(ValueError, match=r"at least 1.*Received.*None has"):
        built(blocks=blocks)


def test_one_task_is_explained():
    with pytest.raises(ValueError, match=r"at least two.*Received.*Add"):
        models.branched({"table": table()}, two_tasks()[:1])


def test_encoders_without_stages_are_explained():
    inputs = keras.Input((4,), name="table")
    plain = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(ValueError, match=r"stage1.*Received.*Name the last"):
        models.branched({"table": plain}, two_tasks())


def test_a_model_without_choices_is_explained():
    model = models.hard_sharing({"table": table()}, two_tasks())
    with pytest.raises(ValueError, match=r"expects.*Received.*as it is"):
        models.fix_branches(model)
