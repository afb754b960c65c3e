import numbers

import keras
from keras import tree

from mm_keras.layers import levels


@keras.saving.register_keras_serializable(package="mm_keras")
class ResidualAdapter(keras.layers.Layer):
    """Adapts shared features to one reader: a small change, from none on.

    A normalization over the features, and a narrow layer whose output is added
    to what it reads. The last kernel starts with zeros, so that training starts
    from the normalized features themselves:

        n = scale * (x - mean(x)) / std(x) + offset     # or n = x
        output = n + relu(n @ down + bias) @ up + bias

    Every vector, token or cell is adapted alike, in all levels of a pyramid.

    Args:
        units: Width of the narrow layer. None means a quarter of what it reads.
        normalize: Whether to normalize. Without, the layer starts as identity.
        kernel_initializer: Initializer of the last kernel.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, ..., features)`, or a dict of them.

    Returns:
        Tensors of the same shapes.

    Raises:
        ValueError: If `units` is neither a positive integer nor None, or the
            levels of a pyramid differ in width.

    Example:

    >>> adapter = mm_keras.layers.ResidualAdapter(2, normalize=False)
    >>> adapter(np.array([[1.0, 2.0, 4.0]])).numpy().tolist()
    [[1.0, 2.0, 4.0]]

    Reference:
        [Houlsby et al., 2019](https://arxiv.org/abs/1902.00751); on pictures,
        [Rebuffi et al., 2017](https://arxiv.org/abs/1705.08045).
    """

    def __init__(
        self,
        units=None,
        *,
        normalize=True,
        kernel_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        integer = isinstance(units, numbers.Integral) and units > 0
        if units is not None and not integer:
            raise ValueError(
                f"Argument `units` of {type(self).__name__} expects the width "
                "of the narrow layer, a positive integer, or None. Received: "
                f"units={units}. Pass for example 16."
            )
        self.units = units
        self.normalize = normalize
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, inputs_shape):
        width = levels.one_width(inputs_shape, type(self).__name__)
        rank = len(levels.shapes_of(inputs_shape)[0])
        units = self.units or max(width // 4, 1)
        if self.normalize:
            self.norm = keras.layers.LayerNormalization(
                dtype=self.dtype_policy, name="norm"
            )
            self.norm.build((*[None] * (rank - 1), width))
        self.down = keras.layers.Dense(
            units,
            activation="relu",
            kernel_initializer="he_normal",
            dtype=self.dtype_policy,
            name="down",
        )
        self.down.build((None, width))
        self.up = keras.layers.Dense(
            width,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
            name="up",
        )
        self.up.build((None, units))

    def call(self, inputs):
        return tree.map_structure(self.adapt, inputs)

    def adapt(self, x):
        """Returns one tensor, adapted."""
        if self.normalize:
            x = self.norm(x)
        return x + self.up(self.down(x))

    def compute_output_shape(self, inputs_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "normalize": self.normalize,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }
