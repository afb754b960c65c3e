import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class MapHead(keras.layers.Layer):
    """Maps a feature pyramid to values for every pixel of the picture.

    Each level is convolved, brought to the size of the finest one and added.
    The sum, normalized, is enlarged and convolved until a cell has two by two
    pixels, and predicts all four, which a reshape puts in their place:

    ```
    P4 -> conv -> enlarge -+
    P3 -> conv -> enlarge -+-> sum -> (enlarge -> conv) * n -> pixels
    P2 -> conv ------------+
    ```

    Args:
        units: Number of values per pixel, such as the number of classes.
        channels: Width of the convolutions; half of it once enlarged.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        pyramid: Dictionary from `"P<l>"` to a tensor of shape
            `(batch, height / 2**l, width / 2**l, features)`.

    Returns:
        Tensor of shape `(batch, height, width, units)`, float32.

    Example:

    >>> pyramid = {"P2": np.ones((2, 8, 8, 16)), "P3": np.ones((2, 4, 4, 16))}
    >>> tuple(mm_keras.layers.MapHead(3)(pyramid).shape)
    (2, 32, 32, 3)

    Reference:
        The sum of levels is that of
        [Kirillov et al., 2019](https://arxiv.org/abs/1901.02446); the reshape,
        that of [Shi et al., 2016](https://arxiv.org/abs/1609.05158).
    """

    view = "pyramid"

    def __init__(self, units, channels=64, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.channels = channels

    def build(self, pyramid_shape):
        self.levels = sorted(int(name[1:]) for name in pyramid_shape)
        self.finest = self.levels[0]
        self.convs = {}
        for level in self.levels:
            name = f"P{level}"
            conv = self._conv(f"{name}_conv", self.channels)
            conv.build(pyramid_shape[name])
            self.convs[name] = conv
        self.norm = keras.layers.BatchNormalization(
            momentum=0.9, dtype=self.dtype_policy, name="norm"
        )
        self.norm.build((None, None, None, self.channels))
        self.refine = self._build_refine(max(self.channels // 2, 1))

    def _build_refine(self, width):
        """Returns the convolutions behind the sum, the last one for pixels."""
        convs = [
            self._conv(f"P{level}_refine", width)
            for level in range(self.finest - 1, 0, -1)
        ]
        # A cell of level 1 has four pixels.
        pixels = 4 if self.finest else 1
        convs.append(self._conv("pixels", self.units * pixels, "float32"))
        given = self.channels
        for conv in convs:
            conv.build((None, None, None, given))
            given = conv.filters
        return convs

    def _conv(self, name, filters, dtype=None):
        return keras.layers.Conv2D(
            filters,
            3,
            padding="same",
            kernel_initializer="he_normal",
            dtype=dtype or self.dtype_policy,
            name=name,
        )

    def call(self, pyramid, training=None):
        total = 0.0
        for level in self.levels:
            features = self.convs[f"P{level}"](pyramid[f"P{level}"])
            total += enlarge(features, 2 ** (level - self.finest))
        total = ops.relu(self.norm(total, training=training))
        for conv in self.refine[:-1]:
            total = ops.relu(conv(enlarge(total, 2)))
        return depth_to_space(self.refine[-1](total), 2 if self.finest else 1)

    def compute_output_shape(self, pyramid_shape):
        finest = min(int(name[1:]) for name in pyramid_shape)
        batch, height, width, _ = pyramid_shape[f"P{finest}"]
        sides = [s if s is None else s * 2**finest for s in (height, width)]
        return (batch, *sides, self.units)

    def compute_output_spec(self, pyramid, training=None):
        shapes = {name: tensor.shape for name, tensor in pyramid.items()}
        shape = self.compute_output_shape(shapes)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "channels": self.channels,
        }


def enlarge(features, factor):
    """Repeats every cell `factor` times in both directions."""
    if factor == 1:
        return features
    return ops.repeat(ops.repeat(features, factor, axis=1), factor, axis=2)


def depth_to_space(features, factor):
    """Lays the channels of each cell out as `factor x factor` pixels.

    From `(batch, h, w, factor**2 * units)` to
    `(batch, h * factor, w * factor, units)`.
    """
    batch, height, width = ops.shape(features)[:3]
    units = features.shape[-1] // factor**2
    cells = ops.reshape(features, (batch, height, width, factor, factor, units))
    rows = ops.transpose(cells, (0, 1, 3, 2, 4, 5))
    return ops.reshape(rows, (batch, height * factor, width * factor, units))
