import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mm_keras import encoders
from mm_keras.encoders import views

PRESENT = np.array([1.0, 0.0, 1.0], "float32")


def pictures():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (3, 8, 8, 3)).astype("float32")


def convnet():
    return encoders.convnet((8, 8, 3), (4, 8), pyramid_channels=5)


def test_present_rows_are_those_of_the_encoder():
    encoder = convnet()
    actual = encoders.optional(encoder)([pictures(), PRESENT])
    expected = encoder(pictures())
    np.testing.assert_array_equal(actual["present"], PRESENT)
    np.testing.assert_allclose(
        actual["vector"][::2], expected["vector"][::2], rtol=1e-5
    )
    for level, feature_map in expected["pyramid"].items():
        np.testing.assert_allclose(
            actual["pyramid"][level][::2], feature_map[::2], rtol=1e-4
        )


def test_absent_rows_are_the_stand_in_at_every_position():
    encoder = encoders.optional(convnet())
    encoder.get_layer("vector_stand_in").stand_in.assign(np.arange(8.0))
    encoder.get_layer("P1_stand_in").stand_in.assign(np.arange(5.0))
    outputs = encoder([pictures(), PRESENT])
    np.testing.assert_array_equal(outputs["vector"][1], np.arange(8.0))
    np.testing.assert_array_equal(
        outputs["pyramid"]["P1"][1], np.ones((4, 4, 1)) * np.arange(5.0)
    )


def random_sum(outputs):
    """A random linear functional: a plain sum is blind to softmax."""
    tensors = [t for t in keras.tree.flatten(outputs) if t.dtype == tf.float32]
    return sum(
        tf.reduce_sum(t * keras.random.normal(t.shape, seed=i))
        for i, t in enumerate(tensors)
    )


def test_nan_in_an_absent_row_leaks_nowhere():
    encoder = encoders.optional(convnet())
    x = pictures()
    clean = encoder([x, PRESENT])
    x[1] = np.nan
    with tf.GradientTape() as tape:
        outputs = encoder([x, PRESENT])
        loss = random_sum(outputs)
    keras.tree.map_structure(np.testing.assert_array_equal, outputs, clean)
    variables = [v.value for v in encoder.trainable_variables]
    for gradient in tape.gradient(loss, variables):
        assert np.all(np.isfinite(gradient))


def test_gradient_reaches_every_stand_in():
    encoder = encoders.optional(convnet())
    names = ["vector_stand_in", "P1_stand_in", "P2_stand_in"]
    weights = [encoder.get_layer(name).stand_in.value for name in names]
    with tf.GradientTape() as tape:
        loss = random_sum(encoder([pictures(), PRESENT]))
    for gradient in tape.gradient(loss, weights):
        assert np.all(gradient != 0)


def test_absent_text_has_one_valid_token():
    encoder = encoders.optional(encoders.lstm(9, 4, units=3))
    encoder.get_layer("tokens_stand_in").stand_in.assign([1.0, 2.0, 3.0])
    ids = np.array([[1, 2, 3, 0], [5, 5, 0, 0], [0, 0, 0, 0]])
    outputs = encoder([ids, PRESENT])
    np.testing.assert_array_equal(
        outputs["tokens_mask"],
        [[True, True, True, False], [True, False, False, False], [False] * 4],
    )
    np.testing.assert_array_equal(outputs["tokens"][1], [[1, 2, 3]] * 4)
    np.testing.assert_array_equal(outputs["vector"][1:], np.zeros((2, 3)))


def test_restricting_leaves_the_pyramid_out_and_keeps_presence():
    encoder = encoders.optional(convnet())
    vector = views.restrict(encoder, ["vector"], "image")
    assert sorted(vector.output) == ["present", "vector"]
    assert not any(layer.name.startswith("P") for layer in vector.layers)
    np.testing.assert_array_equal(
        vector([pictures(), PRESENT])["vector"],
        encoder([pictures(), PRESENT])["vector"],
    )


def test_layers_are_those_of_the_encoder():
    encoder = convnet()
    shared = encoders.optional(encoder).get_layer("stage1_conv")
    assert shared is encoder.get_layer("stage1_conv")


def test_the_second_input_is_named_present():
    encoder = encoders.optional(encoders.mlp(3))
    assert [x.name for x in encoder.inputs] == ["features", "present"]


def test_a_plain_sequential_can_be_optional():
    plain = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    encoder = encoders.optional(plain)
    outputs = encoder([np.full((2, 3), np.nan), np.array([0.0, 0.0])])
    np.testing.assert_array_equal(outputs["vector"], np.zeros((2, 2)))


def test_saves_and_loads(tmp_path):
    encoder = encoders.optional(encoders.lstm(9, 4, units=3))
    encoder.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    x = [np.array([[1, 2, 0, 0], [3, 0, 0, 0]]), np.array([0.0, 1.0])]
    keras.tree.map_structure(
        np.testing.assert_array_equal, loaded(x), encoder(x)
    )


def test_twice_is_explained():
    with pytest.raises(ValueError, match=r"one input.*Received.*once"):
        encoders.optional(encoders.optional(encoders.mlp(3)))
