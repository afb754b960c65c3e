import keras
from keras import layers

from mm_keras.encoders import applications
from mm_keras.encoders.bottleneck_trunk import bottleneck_trunk
from mm_keras.encoders.bottleneck_trunk import BUILDERS
from mm_keras.encoders.feature_pyramid import check_divisible
from mm_keras.encoders.feature_pyramid import feature_pyramid
from mm_keras.encoders.pooling import pool
from mm_keras.encoders.residual_trunk import residual_trunk

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}


def resnet(
    depth,
    input_shape,
    *,
    weights=None,
    width=64,
    stem_stride=4,
    levels=None,
    pyramid_channels=None,
    pooling="average",
    name=None,
):
    """Encodes pictures with a residual network and a feature pyramid.

        image -> stem -> stage1 -> stage2 -> stage3 -> stage4 -+-> vector
                           |         |         |         |
                           +---------+---------+---------+-----> pyramid

    Small pictures want a small stride: with `stem_stride=2` the stages have
    strides 2, 4, 8 and 16, and `width=16` keeps them cheap. A model in which
    no task reads the pyramid leaves it out, with its weights.

    Depth 18 and 34 have basic blocks and no pretrained weights; 50, 101 and
    152 come from keras.applications, with its preprocessing inside. The moving
    averages of BatchNormalization have momentum 0.9 in all of them, so that
    trainings of a few hundred steps are scored on recent statistics.

    Args:
        depth: 18, 34, 50, 101 or 152; or the number of basic blocks of each
            stage, such as `(2, 2, 2)`.
        input_shape: Height, width, channels. Height and width have to be
            multiples of the largest stride, whether or not the pyramid is
            used, or `None`. Depth 50 and more need 3 channels.
        weights: `None` (random), `"imagenet"` (depth 50 and more), or the path
            of a file that `save_weights` of the same encoder has written,
            `*.weights.h5`.
        width: Channels of the first stage of basic blocks, doubled from stage
            to stage.
        stem_stride: Stride of the first stage of basic blocks: 4 (a 7x7
            convolution of stride 2 and max pooling), 2 or 1 (a 3x3 convolution
            of that stride).
        levels: Consecutive levels of the pyramid, such as `("P3", "P4")`, where
            `P<l>` has stride `2 ** l`. Defaults to the last three.
        pyramid_channels: Channels of every level. Defaults to `4 * width`.
        pooling: How the last stage becomes the vector: `"average"`, `"max"`,
            `"both"` or `"flatten"`.
        name: Name of the model.

    Returns:
        A functional model of pictures in 0-255, with the views `"vector"` and
        `"pyramid"`.

    Raises:
        ValueError: If an argument does not fit the others, or the weights
            cannot be had.

    Example:

    >>> encoder = mm_keras.encoders.resnet(
    ...     18, (64, 64, 3), width=16, stem_stride=2)
    >>> {k: v.shape for k, v in encoder.output["pyramid"].items()}
    {'P2': (None, 16, 16, 64), 'P3': (None, 8, 8, 64), 'P4': (None, 4, 4, 64)}

    Reference:
        [He et al., 2016](https://arxiv.org/abs/1512.03385).
    """
    depth = tuple(depth) if isinstance(depth, list) else depth
    blocks = check_depth(depth, width, stem_stride)
    check_divisible(input_shape, stem_stride * 2 ** (len(blocks) - 1))
    check_weights(depth, weights, input_shape)
    image = keras.Input(input_shape, name="image")
    if depth in BUILDERS:
        stages = bottleneck_trunk(
            image, depth, "imagenet" if weights == "imagenet" else None
        )
    else:
        x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
        stages = residual_trunk(x, blocks, width, stem_stride)
    views = {
        "vector": pool(list(stages.values())[-1], pooling),
        "pyramid": feature_pyramid(
            stages, pyramid_channels or 4 * width, levels
        ),
    }
    name = name or (f"resnet{depth}" if isinstance(depth, int) else "resnet")
    encoder = keras.Model(image, views, name=name)
    if weights not in (None, "imagenet"):
        encoder.load_weights(weights)
    return encoder


def check_depth(depth, width, stem_stride):
    """Returns the number of blocks of each stage."""
    if stem_stride not in (1, 2, 4):
        raise ValueError(
            "Argument `stem_stride` of resnet expects 1, 2 or 4. Received: "
            f"stem_stride={stem_stride}. Use 2 for pictures of about 64 pixels."
        )
    if depth in BUILDERS:
        if (width, stem_stride) != (64, 4):
            raise ValueError(
                f"resnet of depth {depth} expects width=64 and stem_stride=4, "
                "those of keras.applications. Received: "
                f"width={width}, stem_stride={stem_stride}. Use depth 18 or "
                "34 to choose them."
            )
        return (3, 4, 6, 3)
    blocks = depth if isinstance(depth, tuple) else BLOCKS.get(depth)
    if not blocks or not all(isinstance(b, int) and b > 0 for b in blocks):
        raise ValueError(
            f"Argument `depth` of resnet expects {[*BLOCKS, *BUILDERS]}, or "
            "the number of blocks of each stage. Received: "
            f"depth={depth}. Pass for example 18, or (2, 2, 2)."
        )
    return blocks


def check_weights(depth, weights, input_shape):
    if depth in BUILDERS:
        applications.check_channels(input_shape, f"resnet of depth {depth}")
    elif weights == "imagenet":
        raise ValueError(
            "`weights='imagenet'` expects a depth among "
            f"{list(BUILDERS)}: keras.applications has no weights for others. "
            f"Received: depth={depth}. Use depth 50, or weights=None."
        )
    applications.check_weights(weights, "resnet")
