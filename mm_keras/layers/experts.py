import numbers

import keras
from keras import ops
from keras import tree

from mm_keras.layers import levels


@keras.saving.register_keras_serializable(package="mm_keras")
class Experts(keras.layers.Layer):
    """Base of the layers that hold experts: small networks, side by side.

    All experts read the same and start from different weights. Each is a stack
    of layers with ReLU; on a dict of tensors, such as a feature pyramid, an
    expert has the same weights for all entries.

    Subclasses implement `make_layer(width, name)`.

    Args:
        num_experts: Number of experts, at least one.
        units: Width of the experts, or the widths of their layers, such as
            `(64, 32)`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, ..., features)`, or a dict of them,
            with as many features each.

    Returns:
        Tensor of shape `(batch, num_experts, ..., units)`, or a dict of them.

    Raises:
        ValueError: If there is no expert, a width is no positive integer, or
            the entries of a dict differ in width.
    """

    def __init__(self, num_experts, units, **kwargs):
        super().__init__(**kwargs)
        self.num_experts = num_experts
        self.units = tuple(units) if is_list(units) else (units,)
        self.check()
        self.layers = {
            name_of(expert, step): self.make_layer(width, name_of(expert, step))
            for expert in range(num_experts)
            for step, width in enumerate(self.units)
        }

    def check(self):
        counts = (self.num_experts, *self.units)
        integers = all(isinstance(n, numbers.Integral) for n in counts)
        if not self.units or not integers or min(counts) < 1:
            raise ValueError(
                f"{type(self).__name__} expects `num_experts` and `units` to "
                "be positive integers, `units` possibly several. Received: "
                f"num_experts={self.num_experts}, units={self.units}. Pass "
                "for example num_experts=4, units=64."
            )

    def build(self, inputs_shape):
        given = levels.one_width(inputs_shape, type(self).__name__)
        rank = len(levels.shapes_of(inputs_shape)[0])
        for expert in range(self.num_experts):
            for step, width in enumerate((given, *self.units[:-1])):
                layer = self.layers[name_of(expert, step)]
                layer.build((*[None] * (rank - 1), width))

    def call(self, inputs):
        return tree.map_structure(
            lambda x: ops.stack(
                [self.run(expert, x) for expert in range(self.num_experts)],
                axis=1,
            ),
            inputs,
        )

    def run(self, expert, inputs):
        """Returns what the expert of this number makes of one tensor."""
        for step in range(len(self.units)):
            inputs = self.layers[name_of(expert, step)](inputs)
        return inputs

    def compute_output_shape(self, inputs_shape):
        if isinstance(inputs_shape, dict):
            return {n: self._stacked(s) for n, s in inputs_shape.items()}
        return self._stacked(inputs_shape)

    def _stacked(self, shape):
        return (shape[0], self.num_experts, *shape[1:-1], self.units[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "num_experts": self.num_experts,
            "units": list(self.units),
        }


def is_list(units):
    return isinstance(units, list | tuple)


def name_of(expert, step):
    return f"expert{expert + 1}_layer{step + 1}"
