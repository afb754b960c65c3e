"""What encoders of keras.applications have in common."""

import functools
import os
import pathlib

from keras import layers
from keras import ops

STORE = "https://storage.googleapis.com/tensorflow/keras-applications"


def preprocess(image):
    """Adds the preprocessing of Caffe: channels BGR, minus their means.

    Args:
        image: Symbolic tensor of shape `(batch, h, w, 3)`, RGB in 0-255.
    """
    x = ops.flip(image, axis=-1)
    return layers.Rescaling(1.0, offset=[-103.939, -116.779, -123.68])(x)


def build(builder, x, weights, network):
    """Calls keras.applications; explains a failed download.

    Args:
        builder: Function of keras.applications.
        x: Symbolic tensor, preprocessed.
        weights: `None` or `"imagenet"`.
        network: Name and number as its files have them, `("vgg", 16)`.

    Returns:
        A functional model without the layers for classification.
    """
    builder = functools.partial(
        builder,
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
        kind, depth = network
        home = pathlib.Path(os.environ.get("KERAS_HOME", "~/.keras"))
        folder = home.expanduser() / "models"
        name = f"{kind}{depth}_weights_tf_dim_ordering_tf_kernels_notop.h5"
        # All ResNets are in one folder, each VGG in its own.
        store = kind if kind == "resnet" else f"{kind}{depth}"
        raise ValueError(
            f"The ImageNet weights of {kind}{depth} could not be downloaded: "
            f"{error}. Expected a network, or the file {name} in {folder}. "
            f"Fetch it on another machine from {STORE}/{store}/{name}, or pass "
            "`weights=None`."
        ) from error


def check_channels(input_shape, encoder):
    """Raises unless pictures have the 3 channels of keras.applications."""
    if input_shape[-1] != 3:
        raise ValueError(
            f"{encoder} expects pictures of 3 channels. Received: "
            f"input_shape={tuple(input_shape)}. Repeat a grey channel three "
            "times, or use an encoder that is not of keras.applications."
        )


def check_weights(weights, encoder):
    """Raises unless weights are known by name, or a file that exists."""
    if weights in (None, "imagenet"):
        return
    path = pathlib.Path(weights)
    if not path.name.endswith(".weights.h5") or not path.is_file():
        raise ValueError(
            f"Argument `weights` of {encoder} expects None, 'imagenet' or an "
            f"existing file *.weights.h5. Received: weights={weights!r}. "
            "Write one with `encoder.save_weights(path)`."
        )
