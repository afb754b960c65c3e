import keras

from mm_keras.encoders import applications
from mm_keras.encoders.feature_pyramid import check_divisible
from mm_keras.encoders.feature_pyramid import feature_pyramid
from mm_keras.encoders.pooling import pool

BUILDERS = {16: keras.applications.VGG16, 19: keras.applications.VGG19}


def vgg(
    depth,
    input_shape,
    *,
    weights=None,
    levels=None,
    pyramid_channels=256,
    pooling="average",
    name=None,
):
    """Encodes pictures with VGG16 or VGG19 and a feature pyramid.

        image -> [conv, ReLU] x 2-4, max pool -> ... -> ... -> ... -+-> vector
                               `stage1`     `stage3` `stage4` `stage5`
                                                |        |        |
                                                +--------+--------+-> pyramid

    The network is that of keras.applications, with its preprocessing inside;
    stage `i` ends with a pooling and has stride `2 ** i`. It has no
    normalization: without pretrained weights it wants a small learning rate.
    `mm_keras.encoders.resnet` is lighter and easier to train.

    Args:
        depth: 16 or 19.
        input_shape: Height, width, 3 channels. Height and width have to be
            multiples of 32, or `None`.
        weights: `None` (random), `"imagenet"`, or the path of a file that
            `save_weights` of the same encoder has written, `*.weights.h5`.
        levels: Consecutive levels of the pyramid among `P1` to `P5`, where
            `P<l>` has stride `2 ** l`. Defaults to the last three.
        pyramid_channels: Channels of every level of the pyramid.
        pooling: How the last stage becomes the vector: `"average"`, `"max"`,
            `"both"` or `"flatten"`.
        name: Name of the model.

    Returns:
        A functional model of pictures in 0-255, with the views `"vector"` and
        `"pyramid"`.

    Raises:
        ValueError: If an argument does not fit, or the weights cannot be had.

    Example:

    >>> encoder = mm_keras.encoders.vgg(16, (32, 32, 3))
    >>> encoder.output["vector"].shape
    (None, 512)

    Reference:
        [Simonyan and Zisserman, 2015](https://arxiv.org/abs/1409.1556).
    """
    check(depth, input_shape, weights)
    image = keras.Input(input_shape, name="image")
    network = applications.build(
        BUILDERS[depth],
        applications.preprocess(image),
        "imagenet" if weights == "imagenet" else None,
        ("vgg", depth),
    )
    stages = {}
    for i in range(1, 6):
        last = network.get_layer(f"block{i}_pool")
        last.name = f"stage{i}"
        stages[f"P{i}"] = last.output
    views = {
        "vector": pool(stages["P5"], pooling),
        "pyramid": feature_pyramid(stages, pyramid_channels, levels),
    }
    encoder = keras.Model(image, views, name=name or f"vgg{depth}")
    if weights not in (None, "imagenet"):
        encoder.load_weights(weights)
    return encoder


def check(depth, input_shape, weights):
    if depth not in BUILDERS:
        raise ValueError(
            f"Argument `depth` of vgg expects one of {list(BUILDERS)}. "
            f"Received: depth={depth}. 16 is usual."
        )
    check_divisible(input_shape, 32)
    applications.check_channels(input_shape, "vgg")
    applications.check_weights(weights, "vgg")
