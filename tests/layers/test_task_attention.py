import keras
import numpy as np
import pytest

from mm_keras.layers import TaskAttention

RNG = np.random.default_rng(3)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def pyramid():
    return {"P2": normal(2, 4, 4, 8), "P3": normal(2, 2, 2, 6)}


def open_wide(layer):
    """Sets a layer to masks of one, whatever the features."""
    for _, mask in layer.parts.values():
        mask.kernel.assign(keras.ops.zeros_like(mask.kernel))
        mask.bias.assign(keras.ops.full_like(mask.bias, 30.0))


def by_hand(features, hidden, mask):
    """The formula, cell by cell and channel by channel."""
    w1, b1 = (np.asarray(w, "float64") for w in hidden.weights)
    w2, b2 = (np.asarray(w, "float64") for w in mask.weights)
    masks = np.zeros(features.shape)
    for cell in np.ndindex(*features.shape[:-1]):
        seen = [
            max(sum(features[cell][i] * w1[i, j] for i in range(len(w1))), 0)
            if not b1[j]
            else max(features[cell] @ w1[:, j] + b1[j], 0)
            for j in range(len(b1))
        ]
        for channel in range(len(b2)):
            logit = np.dot(seen, w2[:, channel]) + b2[channel]
            masks[cell][channel] = 1 / (1 + np.exp(-logit))
    return masks


@pytest.mark.parametrize("shape", [(2, 8), (2, 3, 8), (2, 2, 3, 8)])
def test_features_are_weighed_by_the_formula(shape):
    features = normal(*shape)
    layer = TaskAttention(hidden_units=5, bias_initializer="ones")
    layer.build(shape)
    hidden, mask = layer.parts[""]
    hidden.bias.assign(normal(5))
    expected = by_hand(features, hidden, mask)
    np.testing.assert_allclose(
        layer.attention(features), expected, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        layer(features), expected * features, rtol=1e-4, atol=1e-5
    )


def test_every_level_of_a_pyramid_has_an_attention_of_its_own():
    layer, features = TaskAttention(), pyramid()
    outputs = layer(features)
    assert {k: tuple(x.shape) for k, x in outputs.items()} == {
        "P2": (2, 4, 4, 8),
        "P3": (2, 2, 2, 6),
    }
    for level, (hidden, mask) in layer.parts.items():
        masks = by_hand(features[level], hidden, mask)
        np.testing.assert_allclose(
            outputs[level], masks * features[level], rtol=1e-4, atol=1e-5
        )


def test_flags_of_tokens_pass_as_they_are():
    flags = np.array([[True, True, False], [True, False, False]])
    layer = TaskAttention()
    outputs = layer({"tokens": normal(2, 3, 8), "tokens_mask": flags})
    np.testing.assert_array_equal(outputs["tokens_mask"], flags)
    assert keras.backend.standardize_dtype(outputs["tokens_mask"].dtype) == (
        "bool"
    )
    assert list(layer.parts) == ["tokens"]


def test_masks_of_one_change_nothing():
    layer, features = TaskAttention(), pyramid()
    layer(features)
    open_wide(layer)
    for level, outputs in layer(features).items():
        np.testing.assert_array_equal(outputs, features[level])


def test_masks_can_be_read_from_a_loaded_model(tmp_path):
    features = {"tokens": normal(2, 3, 8), "tokens_mask": np.ones((2, 3), bool)}
    x = {
        "tokens": keras.Input((3, 8), name="tokens"),
        "tokens_mask": keras.Input((3,), dtype="bool", name="tokens_mask"),
    }
    layer = TaskAttention(name="attention")
    model = keras.Model(x, layer(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    reader = loaded.get_layer("attention").attention_model(loaded)
    masks = reader.predict(features, verbose=0)
    assert list(masks) == ["tokens"]
    np.testing.assert_allclose(
        masks["tokens"], layer.attention(features)["tokens"], rtol=1e-5
    )


@pytest.mark.parametrize("wrong", [0, -3, 2.5])
def test_a_wrong_width_is_explained(wrong):
    with pytest.raises(
        ValueError, match=r"expects an integer.*Received: .*Leave it out"
    ):
        TaskAttention(wrong)
