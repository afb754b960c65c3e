import keras
from keras import layers

from mm_keras.encoders.feature_pyramid import check_divisible
from mm_keras.encoders.feature_pyramid import feature_pyramid
from mm_keras.encoders.pooling import pool


def convnet(
    input_shape,
    filters=(32, 64),
    *,
    kernel_size=3,
    pooling="average",
    pyramid_channels=64,
    name=None,
):
    """Encodes pictures with a few convolutions: small, fast to train.

        image / 127.5 - 1 -> [conv, ReLU, max pool] x len(filters) -+-> vector
                             `stage1`, `stage2`, ...                +-> pyramid

    Each stage halves height and width; stage `i` gives level `P<i>`. With
    `filters=(32,), pooling="flatten"` this is one convolution of 32 filters,
    max pooling and a flat vector.

    Args:
        input_shape: Height, width, channels. Height and width have to be
            multiples of `2 ** len(filters)`.
        filters: Number of filters of each stage.
        kernel_size: Size of the convolutions.
        pooling: How the last stage becomes the vector: `"average"`, `"max"`,
            `"both"` or `"flatten"`.
        pyramid_channels: Channels of each level of the pyramid, of which there
            are at most three, the coarsest.
        name: Name of the model.

    Returns:
        A functional model of pictures in 0-255, with the views `"vector"` and
        `"pyramid"`.

    Raises:
        ValueError: If the size does not fit the stages, or `pooling` is
            unknown.

    Example:

    >>> encoder = mm_keras.encoders.convnet((64, 64, 3), (32,),
    ...                                     pooling="flatten")
    >>> encoder.output["vector"].shape
    (None, 32768)
    """
    if not filters:
        raise ValueError(
            "Argument `filters` of convnet expects the filters of at least one "
            f"stage. Received: filters={filters}. Pass for example (32, 64)."
        )
    check_divisible(input_shape, 2 ** len(filters))
    image = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
    stages = {}
    for i, channels in enumerate(filters, start=1):
        x = layers.Conv2D(
            channels,
            kernel_size,
            padding="same",
            activation="relu",
            name=f"stage{i}_conv",
        )(x)
        x = layers.MaxPooling2D(name=f"stage{i}")(x)
        stages[f"P{i}"] = x
    views = {
        "vector": pool(x, pooling),
        "pyramid": feature_pyramid(stages, pyramid_channels),
    }
    return keras.Model(image, views, name=name or "convnet")
