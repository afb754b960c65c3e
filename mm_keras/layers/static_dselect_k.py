import keras
from keras import ops

from mm_keras.layers.dselect_k import DSelectK


@keras.saving.register_keras_serializable(package="mm_keras")
class StaticDSelectK(DSelectK):
    """Mixes at most k experts, the same ones for all examples.

    It is `mm_keras.layers.DSelectK` with selectors and weights that are learned
    as such, and not read off the input: `z` and `a` are biases alone. So a task
    chooses its experts once and for all.

    Args:
        k, gamma, entropy_weight, **kwargs: As in `mm_keras.layers.DSelectK`.

    Call arguments:
        inputs, experts: As in `mm_keras.layers.GatedMixture`. Nothing is read
            from the inputs.

    Returns:
        The mixture, of shape `(batch, ..., units)`, or a dict of them.

    Raises:
        ValueError: As in `mm_keras.layers.DSelectK`.

    Example:

    >>> mixture = mm_keras.layers.StaticDSelectK(k=1)
    >>> outputs = mixture(np.ones((2, 16)), np.ones((2, 4, 8)))
    >>> tuple(outputs.shape)
    (2, 8)
    >>> mixture.set_weights([np.array([1.0, -1.0]), np.zeros(1)])
    >>> mixture.gate(np.ones((1, 16))).numpy().tolist()
    [[0.0, 1.0, 0.0, 0.0]]

    Reference:
        [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760), static gates.
    """

    def build_logits(self, features, num_bits):
        self.add_biases(num_bits)

    def logits(self, inputs):
        return self.selector_bias[None], self.weight_bias[None]

    def gate(self, inputs):
        shape = (ops.shape(inputs)[0], self.num_experts)
        return ops.broadcast_to(super().gate(inputs), shape)
