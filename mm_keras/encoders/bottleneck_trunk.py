import functools
import os
import pathlib

import keras
from keras import layers
from keras import ops

from mm_keras.encoders.residual_trunk import MOMENTUM

BUILDERS = {
    50: keras.applications.ResNet50,
    101: keras.applications.ResNet101,
    152: keras.applications.ResNet152,
}
LAST_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def bottleneck_trunk(image, depth, weights):
    """Adds the stages of ResNet50, 101 or 152 of keras.applications.

    The pictures get the preprocessing of its ImageNet weights: channels in
    the order BGR, minus their means.

    Args:
        image: Symbolic tensor of shape `(batch, h, w, 3)`, RGB in 0-255.
        depth: 50, 101 or 152.
        weights: `None` or `"imagenet"`.

    Returns:
        Dict from level, P2 to P5, to symbolic tensor.
    """
    x = ops.flip(image, axis=-1)
    x = layers.Rescaling(1.0, offset=[-103.939, -116.779, -123.68])(x)
    network = build(x, depth, weights)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    stages = {}
    for stage, block in enumerate(LAST_BLOCKS[depth], start=1):
        last = network.get_layer(f"conv{stage + 1}_block{block}_out")
        last.name = f"stage{stage}"
        stages[f"P{stage + 1}"] = last.output
    return stages


def build(x, depth, weights):
    """Calls keras.applications; explains a failed download."""
    builder = functools.partial(
        BUILDERS[depth],
        include_top=False,
        weights=weights,
        input_tensor=x,
        input_shape=tuple(x.shape[1:]),
    )
    if weights is None:
        return builder()
    try:
        return builder()
    except ValueError:
        raise
    # Keras raises nothing more special where a download fails.
    except Exception as error:
        home = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras"))
        folder = home.expanduser() / "models"
        name = f"resnet{depth}_weights_tf_dim_ordering_tf_kernels_notop.h5"
        raise ValueError(
            f"The ImageNet weights of ResNet{depth} could not be downloaded: "
            f"{error}. Expected a network, or the file {name} in {folder}. "
            "Fetch it on another machine from "
            "https://storage.googleapis.com/tensorflow/keras-applications/"
            f"resnet/{name}, or pass `weights=None`."
        ) from error
