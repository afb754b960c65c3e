"""Changes the colours of a picture, with one matrix for all changes."""

import numpy as np
import tensorflow as tf

from mm_keras.data import wording

# How bright red, green and blue look (ITU-R BT.601).
LUMA = np.array([0.299, 0.587, 0.114], "float32")
# Brightness, and two axes of colour: hues are angles between these.
_YIQ = np.array(
    [LUMA, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]],
    "float32",
)
_RGB = np.linalg.inv(_YIQ).astype("float32")
_FIRST = np.diag([1.0, 0.0, 0.0]).astype("float32")


def recolor(augment, draw, picture, texts):
    """Changes brightness, contrast, saturation and hue of a picture.

    Args:
        augment: A `mm_keras.data.Augmentation`.
        draw: What `mm_keras.data.draws.draw` returns.
        picture: A tensor `(height, width, channels)`, 0 to 255. Of one
            channel there is no saturation and no hue; a fourth channel,
            opacity, stays.
        texts: List of the texts about it, which must stay true.

    Returns:
        A float32 tensor of the same shape, not yet within 0 to 255.
    """
    if picture.shape[-1] == 4:
        colors = recolor(augment, draw, picture[..., :3], texts)
        opacity = tf.cast(picture[..., 3:], tf.float32)
        return tf.concat([colors, opacity], axis=-1)
    picture = tf.cast(picture, tf.float32)
    bright, contrast = draw["brightness"], draw["contrast"]
    matrix = contrast * bright * _mix(augment, draw, picture, texts)
    flat = tf.reshape(picture, (-1, picture.shape[-1]))
    changed = tf.matmul(flat, matrix, transpose_b=True)
    if augment.contrast:
        changed += (1 - contrast) * bright * _mean_brightness(picture)
    changed = tf.reshape(changed, tf.shape(picture))
    return tf.ensure_shape(changed, picture.shape)


def _mean_brightness(picture):
    """Of every fourth row and column: enough for a mean."""
    means = tf.reduce_mean(picture[::4, ::4], axis=(0, 1))
    weights = LUMA if picture.shape[-1] == 3 else np.ones(1, "float32")
    return tf.tensordot(means, weights, 1)


def _mix(augment, draw, picture, texts):
    """The matrix of saturation and hue, which keeps how bright pixels are."""
    if picture.shape[-1] == 1:
        return tf.eye(1)
    named = wording.mentions(texts, augment.color_words)
    angle = tf.where(named, 0.0, draw["hue"])
    saturation = tf.where(named, 1.0, draw["saturation"])
    sine, cosine = tf.sin(angle), tf.cos(angle)
    colorful = tf.stack([cosine, -sine, sine, cosine]) * saturation
    # The first row and column, brightness, stay.
    turn = tf.pad(tf.reshape(colorful, (2, 2)), [[1, 0], [1, 0]]) + _FIRST
    return _RGB @ turn @ _YIQ
