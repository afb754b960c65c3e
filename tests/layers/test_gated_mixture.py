import keras
import numpy as np
import pytest

from mm_keras.layers import GatedMixture

RNG = np.random.default_rng(0)
to_numpy = keras.ops.convert_to_numpy


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def test_values():
    # softmax([log 3, 0]) = [3/4, 1/4].
    layer = GatedMixture()
    inputs = np.array([[1.0, 0.0]])
    experts = np.array([[[4.0, 0.0], [0.0, 8.0]]])
    layer.build(inputs.shape, experts.shape)
    layer.kernel.assign([[np.log(3.0), 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(layer(inputs, experts), [[3.0, 2.0]], rtol=1e-6)


def test_starts_from_the_average_of_the_experts():
    experts = normal(2, 5, 3)
    outputs = GatedMixture()(normal(2, 7), experts)
    np.testing.assert_allclose(outputs, experts.mean(axis=1), rtol=1e-5)


def test_is_equivariant_to_the_order_of_experts():
    inputs, experts = normal(2, 7), normal(2, 5, 3)
    layer = GatedMixture(kernel_initializer="glorot_uniform")
    before = layer(inputs, experts)
    layer.set_weights([layer.get_weights()[0][:, ::-1]])
    np.testing.assert_allclose(
        layer(inputs, experts[:, ::-1]), before, rtol=1e-5
    )


def paper(inputs, kernel, experts):
    """The formulas of the MMoE paper, for one example after another."""
    rows = []
    for x, outputs in zip(inputs, experts, strict=True):
        logits = x @ kernel
        gate = np.exp(logits) / np.sum(np.exp(logits))
        rows.append(sum(g * e for g, e in zip(gate, outputs, strict=True)))
    return np.stack(rows)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (4, 2, 3)])
def test_experts_of_any_rank_are_those_of_the_paper(shape):
    inputs, experts = normal(2, 7), normal(2, 5, *shape)
    layer = GatedMixture(kernel_initializer="glorot_uniform")
    outputs = layer(inputs, experts)
    expected = paper(inputs, layer.get_weights()[0], experts)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-6)


def test_all_levels_of_a_pyramid_are_mixed_alike():
    inputs = normal(2, 7)
    pyramid = {"P2": normal(2, 5, 4, 4, 3), "P3": normal(2, 5, 2, 2, 3)}
    layer = GatedMixture(kernel_initializer="glorot_uniform")
    outputs = layer(inputs, pyramid)
    for level, experts in pyramid.items():
        np.testing.assert_allclose(
            outputs[level], layer(inputs, experts), rtol=1e-5
        )


@pytest.mark.parametrize(
    "inputs_shape, experts_shape", [((2, 7), (2, 5)), ((2, 4, 7), (2, 5, 3))]
)
def test_wrong_rank_is_explained(inputs_shape, experts_shape):
    with pytest.raises(ValueError, match=r"experts.*Received.*ops\.stack"):
        GatedMixture()(np.ones(inputs_shape), np.ones(experts_shape))


def test_levels_with_other_numbers_of_experts_are_explained():
    experts = {"P2": np.ones((2, 3, 4, 4, 1)), "P3": np.ones((2, 2, 2, 2, 1))}
    with pytest.raises(ValueError, match=r"one number.*Received.*P3"):
        GatedMixture()(np.ones((2, 7)), experts)
