import keras
import numpy as np
import pytest

from mm_keras.layers import DSelectK
from mm_keras.layers import GatedMixture
from mm_keras.layers import StaticDSelectK
from mm_keras.layers.dselect_k import smooth_step

RNG = np.random.default_rng(0)
to_numpy = keras.ops.convert_to_numpy


def normal(*shape, scale=1.0):
    return RNG.normal(size=shape, scale=scale).astype("float32")


def step(t, gamma):
    """The formula of the smooth-step function, case by case."""
    if t <= -gamma / 2:
        return 0.0
    if t >= gamma / 2:
        return 1.0
    return -2 / gamma**3 * t**3 + 3 / (2 * gamma) * t + 1 / 2


def selector(z, num_experts, gamma):
    """r(z): one entry after another, one bit after another."""
    entries = []
    for expert in range(num_experts):
        entry = 1.0
        for bit, logit in enumerate(z):
            on = step(logit, gamma)
            entry *= on if (expert // 2**bit) % 2 else 1 - on
        entries.append(entry)
    return np.array(entries)


def paper(z, a, num_experts, gamma):
    """q, the entropy of the selectors, and the penalty of codes of nobody."""
    weights = np.exp(a) / np.exp(a).sum()
    selectors = [selector(of_one, num_experts, gamma) for of_one in z]
    q = sum(w * r for w, r in zip(weights, selectors, strict=True))
    entropy = -sum(p * np.log(p) for r in selectors for p in r if p > 0)
    nobody = sum(1 / r.sum() for r in selectors)
    return q, entropy, nobody


def logits_of(layer, row):
    """Logits of the selectors and of their weights, from the weights."""
    own = {weight.name: to_numpy(weight) for weight in layer.weights}
    z, a = own["selector_bias"], own["weight_bias"]
    if "selector_kernel" in own:
        z = z + row @ own["selector_kernel"]
        a = a + row @ own["weight_kernel"]
    return z.reshape(layer.k, -1), a


@pytest.mark.parametrize("layer_class", [DSelectK, StaticDSelectK])
@pytest.mark.parametrize("num_experts, k", [(2, 1), (3, 2), (4, 3), (5, 5)])
def test_values_and_losses_are_those_of_the_paper(layer_class, num_experts, k):
    layer = layer_class(k, gamma=2.0, entropy_weight=0.3)
    inputs, experts = normal(6, 3), normal(6, num_experts, 4)
    layer.build(inputs.shape, experts.shape)
    layer.set_weights([normal(*w.shape, scale=0.3) for w in layer.weights])
    outputs, penalties = layer(inputs, experts), []
    for row, output, own in zip(inputs, outputs, experts, strict=True):
        z, a = logits_of(layer, row)
        q, entropy, nobody = paper(z, a, num_experts, gamma=2.0)
        np.testing.assert_allclose(to_numpy(output), q @ own, atol=1e-5)
        penalty = 0.3 * entropy
        if num_experts not in (2, 4):
            penalty += nobody - k
        penalties.append(penalty)
    (loss,) = layer.losses
    assert float(loss) == pytest.approx(np.mean(penalties), rel=1e-4)


def decided(layer, num_experts, features, chosen):
    """A layer whose selectors choose these experts for every example."""
    layer.build((None, features), (None, num_experts, 4))
    bits = (np.array(chosen)[:, None] >> np.arange(layer.codes.shape[1])) & 1
    layer.selector_bias.assign((2.0 * bits - 1).reshape(-1))
    if hasattr(layer, "selector_kernel"):
        layer.selector_kernel.assign(0.0 * layer.selector_kernel)
    return layer


@pytest.mark.parametrize("num_experts", [3, 4])
def test_a_selector_for_each_expert_is_a_softmax_gate(num_experts):
    inputs, experts = normal(5, 6), normal(5, num_experts, 4)
    layer = DSelectK(num_experts)
    decided(layer, num_experts, 6, range(num_experts))
    layer.weight_kernel.assign(normal(6, num_experts))
    softmax = GatedMixture()
    softmax.build(inputs.shape, experts.shape)
    softmax.kernel.assign(layer.weight_kernel)
    np.testing.assert_allclose(
        to_numpy(layer(inputs, experts)),
        to_numpy(softmax(inputs, experts)),
        atol=1e-5,
    )
    assert float(layer.losses[0]) == 0.0


@pytest.mark.parametrize("layer_class", [DSelectK, StaticDSelectK])
def test_decided_selectors_give_others_exactly_nothing(layer_class):
    layer = decided(layer_class(2), 5, 6, [4, 1])
    gate = to_numpy(layer.gate(normal(3, 6)))
    np.testing.assert_array_equal(gate[:, [0, 2, 3]], np.zeros((3, 3)))
    np.testing.assert_allclose(gate[:, [1, 4]], np.full((3, 2), 0.5))


def test_a_static_gate_is_the_same_for_all_examples():
    layer = StaticDSelectK(2)
    layer.build((None, 6), (None, 4, 3))
    layer.set_weights([normal(*w.shape, scale=0.2) for w in layer.weights])
    gate = to_numpy(layer.gate(normal(3, 6)))
    np.testing.assert_array_equal(gate, gate[:1].repeat(3, axis=0))


def test_a_code_of_nobody_costs_much_but_not_infinitely():
    layer = decided(StaticDSelectK(1), 3, 6, [3])
    layer(normal(2, 6), normal(2, 3, 4))
    assert 100 < float(layer.losses[0]) < np.inf


def test_the_step_is_smooth_at_its_ends(gradient):
    edges = np.array([-0.5, 0.5], "float32")
    slope = gradient(lambda t: keras.ops.sum(smooth_step(t, 1.0)), edges)
    np.testing.assert_allclose(slope, [0.0, 0.0], atol=1e-6)
    np.testing.assert_array_equal(to_numpy(smooth_step(edges, 1.0)), [0, 1])


@pytest.mark.parametrize("k", [0, 4, 1.5])
def test_wrong_numbers_of_selectors_are_explained(k):
    with pytest.raises(ValueError, match=r"`k`.*3\. Received: k=.*Lower"):
        DSelectK(k)(normal(2, 6), normal(2, 3, 4))
