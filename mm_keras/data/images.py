import tensorflow as tf


def resize_image(image, size):
    """Resizes an image to `(height, width)`, keeping its dtype.

    The image is stretched, so that relative boxes stay right.
    """
    resized = tf.image.resize(image, size, antialias=True)
    if image.dtype.is_integer:
        low, high = image.dtype.limits
        resized = tf.clip_by_value(tf.round(resized), low, high)
    return tf.cast(resized, image.dtype)


def resize_mask(mask, size):
    """Resizes a mask by nearest neighbours: classes are never mixed."""
    return tf.image.resize(mask, size, method="nearest")


def is_image(value):
    """Whether an input is a picture: 1, 3 or 4 channels of bytes."""
    return value.dtype == tf.uint8 and value.shape.rank == 3
