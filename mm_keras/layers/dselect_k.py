import math
import numbers

import keras
import numpy as np
from keras import ops

from mm_keras.layers.expert_mixture import ExpertMixture

# Where a selector gives this little to the experts that exist, its penalty
# stops to grow, so that the loss stays finite.
LEAST = 1e-3


@keras.saving.register_keras_serializable(package="mm_keras")
class DSelectK(ExpertMixture):
    """Mixes at most k experts, which it learns to select by gradients.

    There are k selectors. Each reads a binary code of an expert off the input,
    bit by bit, with a step that is smooth: beyond `gamma / 2` a bit is exactly
    0 or 1, between there it is in part. Once all bits are exact, a selector
    gives its whole weight to one expert and nothing to the others.

        S(t) = -2 (t / gamma)^3 + 3/2 (t / gamma) + 1/2, clipped to 0 and 1
        z, a = inputs @ kernels + biases          # (k, bits) and (k,)
        r_i[e] = prod_b (S(z_i[b]) if bit b of e else 1 - S(z_i[b]))
        output = sum_e (sum_i softmax(a)[i] * r_i[e]) * experts[e]

    Two losses are added, means over the batch: the entropy of the selectors,
    `entropy_weight * sum_i h(r_i)`, which pushes them to decide; and, if the
    number of experts is no power of two, `sum_i (1 / sum_e r_i[e] - 1)`, which
    keeps them from codes that belong to no expert. (The -1 makes
    that loss 0 once it has done its work.)

    All experts are computed, also those that nobody selects.

    Args:
        k: Number of selectors, at most the number of experts.
        gamma: Width of the smooth step.
        entropy_weight: Factor of the entropy.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs, experts: As in `mm_keras.layers.GatedMixture`.

    Returns:
        The mixture, of shape `(batch, ..., units)`, or a dict of them.

    Raises:
        ValueError: As in `mm_keras.layers.ExpertMixture`; and if `k` is no
            number from 1 to that of the experts.

    Example:

    >>> mixture = mm_keras.layers.DSelectK(k=2)
    >>> outputs = mixture(np.ones((1, 16)), np.ones((1, 4, 8)))
    >>> tuple(outputs.shape), len(mixture.losses)
    ((1, 8), 1)

    Reference:
        [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760), per-example
        gates. `mm_keras.layers.StaticDSelectK` are the static ones.
    """

    def __init__(self, k=2, *, gamma=1.0, entropy_weight=0.01, **kwargs):
        super().__init__(**kwargs)
        self.k = k
        self.gamma = gamma
        self.entropy_weight = entropy_weight

    def build_gate(self, features, num_experts):
        integer = isinstance(self.k, numbers.Integral)
        if not integer or not 1 <= self.k <= num_experts:
            raise ValueError(
                f"Argument `k` of {type(self).__name__} expects a number of "
                "selectors from 1 to the number of experts, "
                f"{num_experts}. Received: k={self.k}. Lower `k`, or add "
                "experts."
            )
        num_bits = math.ceil(math.log2(num_experts))
        self.all_codes_exist = num_experts == 2**num_bits
        numbered = np.arange(num_experts)[:, None]
        self.codes = numbered >> np.arange(num_bits) & 1  # (experts, bits)
        self.build_logits(features, num_bits)

    def build_logits(self, features, num_bits):
        self.add_biases(num_bits)
        self.selector_kernel = self.add_weight(
            shape=(features, self.k * num_bits),
            initializer=self.near_zero(),
            name="selector_kernel",
        )
        self.weight_kernel = self.add_weight(
            shape=(features, self.k), initializer="zeros", name="weight_kernel"
        )

    def add_biases(self, num_bits):
        self.selector_bias = self.add_weight(
            shape=(self.k * num_bits,),
            initializer=self.near_zero(),
            name="selector_bias",
        )
        self.weight_bias = self.add_weight(
            shape=(self.k,), initializer="zeros", name="weight_bias"
        )

    def near_zero(self):
        """Selectors start undecided, where their gradient is largest."""
        limit = self.gamma / 100
        return keras.initializers.RandomUniform(-limit, limit)

    def logits(self, inputs):
        """Returns z, of shape `(batch, k * bits)`, and a, `(batch, k)`."""
        z = ops.matmul(inputs, self.selector_kernel) + self.selector_bias
        return z, ops.matmul(inputs, self.weight_kernel) + self.weight_bias

    def call(self, inputs, experts):
        self.add_loss(self.penalty(inputs))
        return super().call(inputs, experts)

    def gate(self, inputs):
        selectors, weights = self.select(inputs)
        gate = ops.sum(weights[:, :, None] * selectors, axis=1)
        return ops.cast(gate, self.compute_dtype)

    def select(self, inputs):
        """Returns the selectors, `(batch, k, experts)`, and their weights."""
        z, a = (ops.cast(x, "float32") for x in self.logits(inputs))
        z = ops.reshape(z, (-1, self.k, 1, self.codes.shape[1]))
        steps = smooth_step(z, self.gamma)
        bits = ops.where(self.codes == 1, steps, 1 - steps)
        # A softmax, about which Keras warns where there is one selector.
        weights = ops.exp(a - ops.logsumexp(a, axis=-1, keepdims=True))
        return ops.prod(bits, axis=-1), weights

    def penalty(self, inputs):
        selectors, _ = self.select(inputs)
        rows = self.entropy_weight * ops.sum(entropy(selectors), axis=1)
        if not self.all_codes_exist:
            given = ops.maximum(ops.sum(selectors, axis=-1), LEAST)
            rows += ops.sum(1 / given - 1, axis=1)
        return ops.mean(rows)

    def get_config(self):
        return {
            **super().get_config(),
            "k": self.k,
            "gamma": self.gamma,
            "entropy_weight": self.entropy_weight,
        }


def smooth_step(values, gamma):
    """From 0 below `-gamma / 2` to 1 above `gamma / 2`, smooth throughout."""
    t = ops.clip(values / gamma, -0.5, 0.5)
    return -2 * t**3 + 1.5 * t + 0.5


def entropy(distribution):
    """Entropy over the last axis; 0 log 0 is 0."""
    some = ops.maximum(distribution, 1e-6)
    return -ops.sum(distribution * ops.log(some), axis=-1)
