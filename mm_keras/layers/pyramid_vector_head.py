import keras
from keras import ops

from mm_keras.layers.levels import choose


@keras.saving.register_keras_serializable(package="mm_keras")
class PyramidVectorHead(keras.layers.Layer):
    """Maps a feature pyramid to one vector of outputs for the whole picture.

    What is somewhere in the picture, and small, is hard to find in one pooled
    vector. Here every cell of every level looks for it and votes, and the
    strongest vote of each output is added to what the pooled cells say. A cell
    is a Dense layer over the channels, a BatchNormalization and a ReLU:

    ```
                            +-> Dense -> max over cells and levels -+
    P2, P3, ... -> cells -> |                                       +-> sum
                            +-> mean and max of each level -> Dense +
    ```

    Args:
        units: Number of outputs.
        hidden_units: Widths of hidden layers behind the pooled cells.
        channels: Width of the cells.
        levels: Names of the levels to look at, such as `("P2", "P3")`. None
            means all.
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

    def __init__(
        self, units, hidden_units=(), channels=64, levels=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.hidden_units = tuple(hidden_units)
        self.channels = channels
        self.levels = None if levels is None else tuple(levels)

    def build(self, pyramid_shape):
        pyramid_shape = choose(pyramid_shape, self.levels, "PyramidVectorHead")
        self.cells = {
            level: self._dense(f"{level}_cells", self.channels)
            for level in sorted(pyramid_shape)
        }
        self.norms = {
            level: keras.layers.BatchNormalization(
                momentum=0.9, dtype="float32", name=f"{level}_norm"
            )
            for level in self.cells
        }
        for level in self.cells:
            self.cells[level].build(pyramid_shape[level])
            self.norms[level].build((None, None, None, self.channels))
        self.hidden = [
            self._dense(f"hidden{i}", width, activation="relu")
            for i, width in enumerate(self.hidden_units, start=1)
        ]
        self.votes = self._small("votes", self.channels)
        width = 2 * self.channels * len(self.cells)
        for layer in self.hidden:
            layer.build((None, width))
            width = layer.units
        self.pooled = self._small("pooled", width)

    def _dense(self, name, units, activation=None):
        return keras.layers.Dense(
            units, activation=activation, dtype=self.dtype_policy, name=name
        )

    def _small(self, name, width):
        """Returns an output layer that starts near zero."""
        layer = keras.layers.Dense(
            self.units,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            dtype="float32",
            name=name,
        )
        layer.build((None, width))
        return layer

    def call(self, pyramid, training=None):
        votes, pools = [], []
        for level, layer in self.cells.items():
            cells = layer(pyramid[level])
            # In float32, which a mean over many cells needs.
            cells = ops.relu(self.norms[level](cells, training=training))
            votes.append(ops.max(self.votes(cells), axis=(1, 2)))
            pools.append(ops.mean(cells, axis=(1, 2)))
            pools.append(ops.max(cells, axis=(1, 2)))
        vector = ops.concatenate(pools, axis=-1)
        for layer in self.hidden:
            vector = layer(vector)
        return self.pooled(vector) + ops.max(ops.stack(votes), axis=0)

    def compute_output_shape(self, pyramid_shape):
        batch = next(iter(pyramid_shape.values()))[0]
        return (batch, self.units)

    def compute_output_spec(self, pyramid, training=None):
        shapes = {level: tensor.shape for level, tensor in pyramid.items()}
        shape = self.compute_output_shape(shapes)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": list(self.hidden_units),
            "channels": self.channels,
            "levels": self.levels,
        }
