import keras
from keras import ops

from mm_keras.layers.levels import choose
from mm_keras.layers.map_head import enlarge


@keras.saving.register_keras_serializable(package="mm_keras")
class PointHead(keras.layers.Layer):
    """Finds points in a picture: where each lies, and whether it is visible.

    The levels of a feature pyramid, convolved and brought to the size of the
    finest one, are added; the sum, normalized and convolved once more, gives
    two maps for every point. The first says which cell the point lies in, and
    the point is the mean of the centers of the cells, so weighed:

        heat = softmax_cells(conv(features))
        y, x = sum_cells heat * center
        visibility = sum_cells heat * conv'(features)

    The mean lies between the cells where need be, and has a gradient.

    Args:
        num_points: Number of points.
        channels: Width of the convolutions.
        levels: Names of the levels to look at. None means all.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        pyramid: Dictionary from `"P<l>"` to a tensor of shape
            `(batch, height / 2**l, width / 2**l, features)`.

    Returns:
        Tensor of shape `(batch, num_points, 3)`, float32: y and x, relative to
        the picture, and a logit of being visible.

    Example:

    >>> pyramid = {"P2": np.ones((2, 8, 8, 16)), "P3": np.ones((2, 4, 4, 16))}
    >>> tuple(mm_keras.layers.PointHead(5)(pyramid).shape)
    (2, 5, 3)

    Reference:
        [Sun et al., 2018](https://arxiv.org/abs/1711.08229);
        [Nibali et al., 2018](https://arxiv.org/abs/1801.07372).
    """

    view = "pyramid"

    def __init__(self, num_points, *, channels=64, levels=None, **kwargs):
        super().__init__(**kwargs)
        self.num_points = num_points
        self.channels = channels
        self.levels = None if levels is None else tuple(levels)

    def build(self, pyramid_shape):
        shapes = choose(pyramid_shape, self.levels, "PointHead")
        # The finest one first.
        names = sorted(shapes, key=lambda level: int(level[1:]))
        self.convs = {
            level: self._conv(f"{level}_conv", shapes[level][-1], self.channels)
            for level in names
        }
        self.norm = keras.layers.BatchNormalization(
            momentum=0.9, dtype=self.dtype_policy, name="norm"
        )
        self.norm.build((None, None, None, self.channels))
        self.refine = self._conv("refine", self.channels, self.channels)
        self.maps = self._conv(
            "maps", self.channels, 2 * self.num_points, dtype="float32"
        )

    def _conv(self, name, given, filters, dtype=None):
        conv = keras.layers.Conv2D(
            filters,
            3,
            padding="same",
            kernel_initializer="he_normal",
            dtype=dtype or self.dtype_policy,
            name=name,
        )
        conv.build((None, None, None, given))
        return conv

    def call(self, pyramid, training=None):
        finest, *_ = self.convs
        total = 0.0
        for level, conv in self.convs.items():
            factor = 2 ** (int(level[1:]) - int(finest[1:]))
            total += enlarge(conv(pyramid[level]), factor)
        total = ops.relu(self.norm(total, training=training))
        maps = self.maps(ops.relu(self.refine(total)))
        height, width = ops.shape(maps)[1:3]
        maps = ops.reshape(maps, (-1, height * width, maps.shape[-1]))
        heat = ops.softmax(maps[..., : self.num_points], axis=1)
        logits = ops.sum(heat * maps[..., self.num_points :], axis=1)
        points = ops.einsum("bcp,cd->bpd", heat, centers(height, width))
        return ops.concatenate([points, logits[..., None]], axis=-1)

    def compute_output_shape(self, pyramid_shape):
        batch = next(iter(pyramid_shape.values()))[0]
        return (batch, self.num_points, 3)

    def compute_output_spec(self, pyramid, training=None):
        shapes = {level: tensor.shape for level, tensor in pyramid.items()}
        shape = self.compute_output_shape(shapes)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "channels": self.channels,
            "levels": self.levels,
        }


def centers(height, width):
    """Returns the centers of cells, row by row, `(height * width, 2)`."""
    y, x = (
        (ops.cast(ops.arange(count), "float32") + 0.5)
        / ops.cast(count, "float32")
        for count in (height, width)
    )
    grid = ops.stack(ops.meshgrid(y, x, indexing="ij"), axis=-1)
    return ops.reshape(grid, (-1, 2))
