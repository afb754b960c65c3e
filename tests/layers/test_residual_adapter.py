import keras
import numpy as np
import pytest

from mm_keras.layers import ResidualAdapter

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def formula(x, weights):
    """Normalization, down, ReLU, up, and the sum; for one vector."""
    *scaling, down, down_bias, up, up_bias = weights
    if scaling:
        scale, offset = scaling
        x = (x - x.mean()) / np.sqrt(x.var() + 1e-3) * scale + offset
    return x + np.maximum(x @ down + down_bias, 0) @ up + up_bias


def shaken(layer, inputs):
    layer(inputs)
    layer.set_weights([normal(*weight.shape) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("shape", [(8,), (3, 8), (2, 2, 8)])
def test_vectors_tokens_and_cells_are_adapted_alike(normalize, shape):
    inputs = normal(2, *shape)
    layer = shaken(ResidualAdapter(3, normalize=normalize), inputs)
    own = {weight.path.split("/", 1)[1]: weight for weight in layer.weights}
    names = ["down/kernel", "down/bias", "up/kernel", "up/bias"]
    if normalize:
        names = ["norm/gamma", "norm/beta", *names]
    weights = [keras.ops.convert_to_numpy(own[name]) for name in names]
    rows = [formula(x, weights) for x in inputs.reshape(-1, 8)]
    np.testing.assert_allclose(
        layer(inputs), np.reshape(rows, inputs.shape), rtol=1e-4, atol=1e-4
    )


def test_starts_as_identity_without_normalization():
    pyramid = {"P2": normal(2, 4, 4, 6), "P3": normal(2, 2, 2, 6)}
    outputs = ResidualAdapter(normalize=False)(pyramid)
    for level, features in pyramid.items():
        np.testing.assert_array_equal(outputs[level], features)


def test_starts_from_features_of_mean_0_and_variance_1():
    outputs = np.asarray(ResidualAdapter()(5 + 9 * normal(4, 32)))
    np.testing.assert_allclose(outputs.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.var(axis=1), 1, atol=1e-3)


def test_levels_are_adapted_with_the_same_weights():
    level = normal(2, 4, 4, 8)
    layer = shaken(ResidualAdapter(), {"P2": level, "P3": level[:, :2]})
    outputs = layer({"P2": level, "P3": level[:, :2]})
    np.testing.assert_allclose(outputs["P3"], outputs["P2"][:, :2], atol=1e-5)
    # A quarter of what is read.
    assert layer.down.units == 2


def test_levels_of_different_widths_are_explained():
    with pytest.raises(ValueError, match=r"one width.*Received.*P3.*Use an"):
        ResidualAdapter()({"P2": normal(1, 4, 4, 8), "P3": normal(1, 2, 2, 4)})


@pytest.mark.parametrize("units", [0, -1, 2.5, "8"])
def test_wrong_units_are_explained(units):
    with pytest.raises(ValueError, match=r"`units`.*Received: units=.*Pass"):
        ResidualAdapter(units)
