import keras
import numpy as np
import pytest
from keras import layers

from mm_keras import encoders
from mm_keras.encoders import views


def plain(input_shape, *stack, **kwargs):
    return keras.Sequential([keras.Input(input_shape), *stack], **kwargs)


def test_plain_vector():
    encoder = plain((6,), layers.Dense(4))
    assert views.of(encoder)["vector"].shape == (None, 4)


def test_plain_tokens_are_all_valid():
    encoder = plain((7, 3), layers.Dense(4), name="words")
    model = views.restrict(encoder, ["tokens"], "text")
    outputs = model(np.zeros((2, 7, 3)))
    assert sorted(outputs) == ["tokens", "tokens_mask"]
    assert outputs["tokens_mask"].dtype == bool
    assert np.all(outputs["tokens_mask"])


def test_plain_feature_map_is_named_from_its_stride():
    encoder = plain((16, 32, 3), layers.Conv2D(4, 3, 4, padding="same"))
    pyramid = views.of(encoder)["pyramid"]
    assert {k: v.shape for k, v in pyramid.items()} == {"P2": (None, 4, 8, 4)}


@pytest.mark.parametrize(
    "layer", [layers.Conv2D(4, 3), layers.MaxPooling2D((2, 1))]
)
def test_stride_without_a_level_is_explained(layer):
    with pytest.raises(ValueError, match=r"power of two.*Received.*Name"):
        views.of(plain((16, 16, 3), layer))


def test_restricting_shares_layers_and_leaves_the_others_out():
    encoder = encoders.resnet(18, (32, 32, 3), width=8)
    vector = views.restrict(encoder, ["vector"], "image")
    assert vector.name == "image"
    assert list(vector.output) == ["vector"]
    assert not any(layer.name.startswith("P") for layer in vector.layers)
    layer = vector.get_layer("stem_conv")
    assert layer is encoder.get_layer("stem_conv")
    x = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    np.testing.assert_array_equal(vector(x)["vector"], encoder(x)["vector"])


def test_restricted_models_save_and_load(tmp_path):
    encoder = encoders.lstm(9, 4, units=3)
    tokens = views.restrict(encoder, "tokens", "text")
    tokens.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    ids = np.array([[1, 2, 0, 0]])
    for view, value in tokens(ids).items():
        np.testing.assert_array_equal(loaded(ids)[view], value)


@pytest.mark.parametrize("wanted", [["pyramid"], []])
def test_a_view_that_is_not_there_is_explained(wanted):
    with pytest.raises(ValueError, match=r"\['vector'\].*Received.*Ask"):
        views.restrict(encoders.mlp(3), wanted, "table")


def test_not_functional_is_explained():
    with pytest.raises(ValueError, match=r"functional.*Received.*Build"):
        views.of(keras.Sequential([layers.Dense(3)]))
    with pytest.raises(ValueError, match=r"functional.*Received.*Build"):
        views.of(layers.Dense(3))


@pytest.mark.parametrize(
    "outputs, match",
    [
        (lambda v, t, m: {"vectr": v}, "keys among.*Received.*vectr.*Rename"),
        (lambda v, t, m: {"tokens": t}, "tokens_mask.*Received.*Add a mask"),
        (lambda v, t, m: {"vector": t}, "rank 2.*Received.*Pool"),
        (lambda v, t, m: {"pyramid": m}, "dict from level.*Received.*P3"),
        (lambda v, t, m: {"pyramid": {"P2": v}}, "rank 4.*Received.*Pool"),
        (lambda v, t, m: [v, t], "dict of views.*Received.*Return"),
    ],
)
def test_wrong_views_are_explained(outputs, match):
    x = keras.Input((4, 4, 3))
    tokens = layers.Reshape((16, 3))(x)
    vector = layers.Flatten()(x)
    encoder = keras.Model(x, outputs(vector, tokens, x))
    with pytest.raises(ValueError, match=match):
        views.of(encoder)
