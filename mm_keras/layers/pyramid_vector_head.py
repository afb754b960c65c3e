import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class PyramidVectorHead(keras.layers.Layer):
    """Maps a feature pyramid to one vector of outputs for the whole picture.

    What is somewhere in the picture, and small, is hard to find in one pooled
    vector. Here every cell of every level votes, and the strongest vote of each
    output is added to what the pooled features say:

    ```
    P2, P3, ... -> 1x1 conv -> max over cells and levels -+
                                                          +-> sum -> outputs
    P2, P3, ... -> mean and max of each level -> Dense ---+
    ```

    Args:
        units: Number of outputs.
        hidden_units: Widths of hidden layers behind the pooled features.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        pyramid: Dictionary from `"P<l>"` to a tensor of shape
            `(batch, height, width, features)`.

    Returns:
        Tensor of shape `(batch, units)`, float32.

    Example:

    >>> pyramid = {"P2": np.ones((2, 8, 8, 16)), "P3": np.ones((2, 4, 4, 16))}
    >>> head = mm_keras.layers.PyramidVectorHead(10)
    >>> tuple(head(pyramid).shape)
    (2, 10)

    Reference:
        The votes are those of multiple-instance learning,
        [Oquab et al., 2015](https://doi.org/10.1109/CVPR.2015.7298668).
    """

    view = "pyramid"

    def __init__(self, units, hidden_units=(), **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden_units = tuple(hidden_units)

    def build(self, pyramid_shape):
        self.levels = sorted(pyramid_shape)
        self.votes = {}
        for level in self.levels:
            self.votes[level] = keras.layers.Dense(
                self.units, dtype="float32", name=f"{level}_votes"
            )
            self.votes[level].build(pyramid_shape[level])
        self.hidden = [
            keras.layers.Dense(
                width,
                activation="relu",
                dtype=self.dtype_policy,
                name=f"hidden{i}",
            )
            for i, width in enumerate(self.hidden_units, start=1)
        ]
        self.pooled = keras.layers.Dense(
            self.units, use_bias=False, dtype="float32", name="pooled"
        )
        width = 2 * sum(pyramid_shape[level][-1] for level in self.levels)
        for layer in [*self.hidden, self.pooled]:
            layer.build((None, width))
            width = layer.units

    def call(self, pyramid):
        votes = [
            ops.max(self.votes[level](pyramid[level]), axis=(1, 2))
            for level in self.levels
        ]
        pools = [
            pool(pyramid[level], axis=(1, 2))
            for level in self.levels
            for pool in (ops.mean, ops.max)
        ]
        vector = ops.concatenate(pools, axis=-1)
        for layer in self.hidden:
            vector = layer(vector)
        return self.pooled(vector) + ops.max(ops.stack(votes), axis=0)

    def compute_output_shape(self, pyramid_shape):
        batch = next(iter(pyramid_shape.values()))[0]
        return (batch, self.units)

    def compute_output_spec(self, pyramid):
        shapes = {level: tensor.shape for level, tensor in pyramid.items()}
        shape = self.compute_output_shape(shapes)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": list(self.hidden_units),
        }
