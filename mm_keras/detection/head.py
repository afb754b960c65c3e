import keras
from keras import layers
from keras import ops

from mm_keras.detection import layout
from mm_keras.layers.levels import choose


@keras.saving.register_keras_serializable(package="mm_keras")
class DetectionHead(keras.layers.Layer):
    """Predicts a box and a class at every location of a feature pyramid.

    Two towers of convolutions, one for classes and one for boxes, run over all
    levels with the same kernels; each level has its own normalization, since
    features of different strides have different statistics. A location at
    `(y, x)` on a level of stride `s` predicts how far the sides of its box are:

        top, left, bottom, right = s * softplus(scale[level] * conv(features))
        box = [y - top, x - left, y + bottom, x + right] / picture size

    The picture ends where the last cell of the levels ends.

    Args:
        num_classes: Number of classes.
        channels: Width of the towers.
        depth: Number of 3x3 convolutions in each tower.
        levels: Names of the levels to look at, such as `("P2", "P3")`; finer
            ones cost most and find only small objects. None means all.
        **kwargs: Arguments of `keras.layers.Layer`, such as `name` and `dtype`.

    Call arguments:
        features: Dictionary from level, such as `"P3"`, to features of shape
            `(batch, height, width, channels)`. Level `P<l>` has one cell for
            `2**l` pixels; all levels have the same number of channels.

    Returns:
        Tensor of shape `(batch, locations, 8 + num_classes)`, float32 under
        every policy, as `mm_keras.detection.layout` describes it.

    Raises:
        ValueError: If the levels disagree about the size of the picture, as
            they do when it is not divisible by the coarsest stride.

    Example:

    >>> features = {"P3": np.ones((2, 8, 8, 16)), "P4": np.ones((2, 4, 4, 16))}
    >>> outputs = mm_keras.detection.DetectionHead(num_classes=10)(features)
    >>> tuple(outputs.shape)
    (2, 80, 18)

    Reference:
        [Tian et al., 2019](https://arxiv.org/abs/1904.01355).
    """

    view = "pyramid"

    def __init__(
        self, num_classes, *, channels=64, depth=2, levels=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.channels = channels
        self.depth = depth
        self.levels = None if levels is None else tuple(levels)

    def build(self, features_shape):
        features_shape = self._chosen(features_shape)
        strides = _strides(features_shape)
        _check_sizes(features_shape, strides)
        widths = {shape[-1] for shape in features_shape.values()}
        if len(widths) != 1:
            raise ValueError(
                "DetectionHead expects the same number of channels at every "
                f"level. Received: features_shape={features_shape}. Bring the "
                "levels to one width with a feature pyramid network."
            )
        (width,) = widths
        self.class_tower = self._build_tower("class", strides, width)
        self.box_tower = self._build_tower("box", strides, width)
        last = width if self.depth == 0 else self.channels
        # Few objects among many locations: start from a probability of 0.02.
        self.class_logits = self._build_output(
            "class_logits", self.num_classes, last, bias=-4.0
        )
        self.distances = self._build_output("distances", 4, last)
        self.quality = self._build_output("quality", 1, last)
        self.scale = self.add_weight(
            shape=(len(strides),),
            initializer="ones",
            dtype="float32",
            autocast=False,
            name="scale",
        )

    def _build_tower(self, name, strides, width):
        """Returns pairs of a shared convolution and a norm for each level."""
        tower = []
        for index in range(1, self.depth + 1):
            convolution = layers.Conv2D(
                self.channels,
                3,
                padding="same",
                use_bias=False,
                kernel_initializer="he_normal",
                dtype=self.dtype_policy,
                name=f"{name}_conv{index}",
            )
            convolution.build((None, None, None, width))
            width = self.channels
            norms = {
                level: layers.BatchNormalization(
                    momentum=0.9,
                    dtype=self.dtype_policy,
                    name=f"{name}_norm{index}_{level}",
                )
                for level in strides
            }
            for norm in norms.values():
                norm.build((None, None, None, width))
            tower.append((convolution, norms))
        return tower

    def _build_output(self, name, filters, width, bias=0.0):
        convolution = layers.Conv2D(
            filters,
            3,
            padding="same",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.Constant(bias),
            dtype="float32",
            name=name,
        )
        convolution.build((None, None, None, width))
        return convolution

    def call(self, features, training=None):
        features = self._chosen(features)
        strides = _strides(features)
        _check_sizes({k: v.shape for k, v in features.items()}, strides)
        levels = [
            self._call_level(index, level, features[level], stride, training)
            for index, (level, stride) in enumerate(strides.items())
        ]
        class_logits, distances, quality, centers, stride_of = (
            ops.concatenate(parts, axis=-2)
            for parts in zip(*levels, strict=True)
        )
        stride_of = stride_of[..., 0]
        size = layout.picture_size(centers, stride_of)
        corner = centers - distances[..., :2]
        opposite = centers + distances[..., 2:]
        return layout.join(
            layout.DetectionOutput(
                boxes=ops.concatenate([corner / size, opposite / size], -1),
                quality=quality[..., 0],
                centers=centers,
                strides=stride_of,
                class_logits=class_logits,
            )
        )

    def _call_level(self, index, level, features, stride, training):
        """Returns class logits, distances, quality, centers and strides."""
        height, width = ops.shape(features)[1:3]
        towers = []
        for tower in (self.class_tower, self.box_tower):
            x = features
            for convolution, norms in tower:
                x = ops.relu(norms[level](convolution(x), training=training))
            towers.append(x)
        distances = ops.softplus(self.scale[index] * self.distances(towers[1]))
        maps = [
            self.class_logits(towers[0]),
            distances * stride,
            self.quality(towers[1]),
        ]
        centers = layout.grid(height, width, stride)
        cells = ops.full_like(centers[:, :1], stride)
        return [*(_flatten(x, height, width) for x in maps), centers, cells]

    def compute_output_shape(self, features_shape):
        shapes = list(self._chosen(features_shape).values())
        cells = [
            shape[1] * shape[2] if None not in shape[1:3] else None
            for shape in shapes
        ]
        locations = None if None in cells else sum(cells)
        channels = layout.NUM_BOX_CHANNELS + self.num_classes
        return (shapes[0][0], locations, channels)

    def compute_output_spec(self, features, training=None):
        # Keras would assume the compute dtype of the layer.
        shapes = {k: x.shape for k, x in self._chosen(features).items()}
        _check_sizes(shapes, _strides(shapes))
        return keras.KerasTensor(self.compute_output_shape(shapes), "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "channels": self.channels,
            "depth": self.depth,
            "levels": self.levels,
        }

    def _chosen(self, features):
        """Returns the levels to look at."""
        if not isinstance(features, dict):
            return features
        return choose(features, self.levels, "DetectionHead")


def _flatten(x, height, width):
    """Turns maps `(batch, height, width, c)` into `(batch, locations, c)`."""
    return ops.reshape(x, (-1, height * width, x.shape[-1]))


def _strides(features):
    """Returns the stride of each level in pixels, from the finest on."""
    wrong = not isinstance(features, dict) or not features
    if wrong or not all(k[:1] == "P" and k[1:].isdigit() for k in features):
        received = list(features) if isinstance(features, dict) else features
        raise ValueError(
            "DetectionHead expects a dictionary of pyramid levels named P2, "
            f"P3, ... Received: features={received}. Pass the view "
            '"pyramid" of an encoder.'
        )
    levels = sorted(features, key=lambda level: int(level[1:]))
    return {level: 2 ** int(level[1:]) for level in levels}


def _check_sizes(shapes, strides):
    """Refuses levels that stand for pictures of different sizes."""
    for axis in (1, 2):
        sizes = {
            level: shapes[level][axis] * stride
            for level, stride in strides.items()
            if shapes[level][axis] is not None
        }
        if len(set(sizes.values())) > 1:
            raise ValueError(
                "DetectionHead expects levels that cover the same picture. "
                f"Received: levels that cover {sizes} pixels along axis "
                f"{axis}. Use pictures whose height and width are multiples of "
                f"the coarsest stride, {max(strides.values())}."
            )
