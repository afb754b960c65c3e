import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class MapHead(keras.layers.Layer):
    """Maps a feature pyramid to a value for every pixel of the picture.

    Each level is convolved, brought to the size of the finest one and added;
    then every cell of the finest level, of `stride x stride` pixels, predicts
    all of its pixels at once, which a reshape puts in their place:

    ```
    P4 -> conv -> upsample -+
    P3 -> conv -> upsample -+-> sum -> conv -> stride^2 * units -> pixels
    P2 -> conv -------------+
    ```

    Args:
        units: Number of values per pixel, such as the number of classes.
        channels: Width of the convolutions.
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
            self.convs[f"P{level}"] = self._conv(f"P{level}_conv")
            self.convs[f"P{level}"].build(pyramid_shape[f"P{level}"])
        self.norm = keras.layers.GroupNormalization(
            groups=min(8, self.channels), dtype=self.dtype_policy, name="norm"
        )
        self.mix = self._conv("mix")
        self.pixels = keras.layers.Conv2D(
            self.units * 4**self.finest, 1, dtype="float32", name="pixels"
        )
        joined = (*pyramid_shape[f"P{self.finest}"][:-1], self.channels)
        for layer in (self.norm, self.mix, self.pixels):
            layer.build(joined)

    def _conv(self, name):
        return keras.layers.Conv2D(
            self.channels, 3, padding="same", dtype=self.dtype_policy, name=name
        )

    def call(self, pyramid):
        total = 0.0
        for level in self.levels:
            features = self.convs[f"P{level}"](pyramid[f"P{level}"])
            total += enlarge(features, 2 ** (level - self.finest))
        total = ops.relu(self.norm(total))
        total = ops.relu(self.mix(total))
        return depth_to_space(self.pixels(total), 2**self.finest)

    def compute_output_shape(self, pyramid_shape):
        finest = min(int(name[1:]) for name in pyramid_shape)
        batch, height, width, _ = pyramid_shape[f"P{finest}"]
        sides = [s if s is None else s * 2**finest for s in (height, width)]
        return (batch, *sides, self.units)

    def compute_output_spec(self, pyramid):
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
    batch = ops.shape(features)[0]
    _, height, width, channels = features.shape
    height = ops.shape(features)[1] if height is None else height
    width = ops.shape(features)[2] if width is None else width
    units = channels // factor**2
    cells = ops.reshape(features, (batch, height, width, factor, factor, units))
    rows = ops.transpose(cells, (0, 1, 3, 2, 4, 5))
    return ops.reshape(rows, (batch, height * factor, width * factor, units))
