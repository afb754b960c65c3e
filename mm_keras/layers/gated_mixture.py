import keras
from keras import ops

from mm_keras.layers.expert_mixture import ExpertMixture


@keras.saving.register_keras_serializable(package="mm_keras")
class GatedMixture(ExpertMixture):
    """Mixes the outputs of experts with weights that depend on the input.

    A softmax gate looks at the input of each example and decides how much to
    listen to each expert. With one gate per task, tasks that agree use the same
    experts and tasks that conflict drift apart.

    The layer computes `sum_e softmax(inputs @ kernel)[e] * experts[e]`; its
    method `gate(inputs)` gives the weights alone.

    Args:
        kernel_initializer: Initializer of the gate. Defaults to `"zeros"`, so
            that training starts from the plain average of the experts.
        kernel_regularizer: Regularizer of the gate.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name` and `dtype`.

    Call arguments:
        inputs: What the gate looks at, of shape `(batch, features)`. See
            `mm_keras.layers.ViewPooling` for tokens and pyramids.
        experts: Outputs of the experts, of shape
            `(batch, num_experts, ..., units)`, or a dict of them, such as a
            feature pyramid.

    Returns:
        The mixture, of shape `(batch, ..., units)`, or a dict of them.

    Raises:
        ValueError: As in `mm_keras.layers.ExpertMixture`.

    Example:

    >>> inputs = keras.random.normal((2, 16))
    >>> experts = keras.random.normal((2, 4, 8))
    >>> mixture = mm_keras.layers.GatedMixture()
    >>> outputs = mixture(inputs, experts)
    >>> tuple(outputs.shape), mixture.gate(inputs).numpy()[0].tolist()
    ((2, 8), [0.25, 0.25, 0.25, 0.25])

    Reference:
        [Ma et al., 2018](https://dl.acm.org/doi/10.1145/3219819.3220007).
    """

    def __init__(
        self, kernel_initializer="zeros", kernel_regularizer=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_gate(self, features, num_experts):
        self.kernel = self.add_weight(
            shape=(features, num_experts),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            name="kernel",
        )

    def gate(self, inputs):
        return ops.softmax(ops.matmul(inputs, self.kernel), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
            "kernel_regularizer": keras.regularizers.serialize(
                self.kernel_regularizer
            ),
        }
