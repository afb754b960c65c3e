import keras
from keras import ops
from keras import tree

from mm_keras.layers.levels import shapes_of


@keras.saving.register_keras_serializable(package="mm_keras")
class ExpertMixture(keras.layers.Layer):
    """Base of the layers that mix the outputs of experts.

    They compute `sum_e gate(inputs)[e] * experts[e]`, one weight per example
    and expert, the same for all tokens of a text and all cells of a pyramid.

    Subclasses implement `gate(inputs)`, from a tensor of shape
    `(batch, features)` to weights of shape `(batch, num_experts)`, and may
    override `build_gate(features, num_experts)` to create what that needs.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: What the gate looks at, of shape `(batch, features)`.
        experts: Outputs of the experts, of shape
            `(batch, num_experts, ..., units)`, or a dict of them, such as a
            feature pyramid.

    Returns:
        The mixture, of shape `(batch, ..., units)`, or a dict of them.

    Raises:
        ValueError: If the inputs are not flat, or the experts not stacked, or
            not as many in all entries of a dict.
    """

    def build(self, inputs_shape, experts_shape):
        shapes = shapes_of(experts_shape)
        numbers = {shape[1] for shape in shapes if len(shape) > 2}
        stacked = len(numbers) == 1 and all(len(s) > 2 for s in shapes)
        if len(inputs_shape) != 2 or not stacked:
            raise ValueError(
                f"{type(self).__name__} expects `inputs` of shape (batch, "
                "features) and `experts` of shape (batch, num_experts, ..., "
                "units), or a dict of these with one number of experts. "
                f"Received: inputs.shape={tuple(inputs_shape)}, "
                f"experts.shape={experts_shape}. Join a list of experts with "
                "`keras.ops.stack(experts, axis=1)`."
            )
        self.num_experts = numbers.pop()
        self.build_gate(inputs_shape[-1], self.num_experts)

    def build_gate(self, features, num_experts):
        pass

    def call(self, inputs, experts):
        gate = self.gate(inputs)
        return tree.map_structure(
            lambda outputs: ops.einsum("be,be...->b...", gate, outputs),
            experts,
        )

    def compute_output_shape(self, inputs_shape, experts_shape):
        if isinstance(experts_shape, dict):
            return {n: (s[0], *s[2:]) for n, s in experts_shape.items()}
        return (experts_shape[0], *experts_shape[2:])
