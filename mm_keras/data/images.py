import tensorflow as tf


def resize(picture, size):
    """Resizes a picture to `(height, width)`, as real numbers."""
    return tf.image.resize(picture, size, antialias=True)


def resize_mask(mask, size):
    """Resizes a mask by nearest neighbours: classes are never mixed."""
    return tf.image.resize(mask, size, method="nearest")


def pad(picture, size, fill=0):
    """Puts a picture into the middle of `size`, over `fill`."""
    inner = tf.shape(picture)[:2]
    before = (size - inner) // 2
    around = tf.stack([before, size - inner - before], axis=1)
    around = tf.concat([around, [[0, 0]]], axis=0)
    return tf.pad(picture, around, constant_values=tf.cast(fill, picture.dtype))


def as_dtype(picture, dtype):
    """Rounds a picture of real numbers to a dtype, within its limits."""
    if dtype.is_integer and not picture.dtype.is_integer:
        low, high = dtype.limits
        picture = tf.clip_by_value(tf.round(picture), low, high)
    return tf.cast(picture, dtype)


def is_image(value):
    """Whether an input is a picture: 1, 3 or 4 channels of bytes."""
    return value.dtype == tf.uint8 and value.shape.rank == 3


def extent(value):
    """Height and width of a picture or a map, a float tensor `(2,)`."""
    return tf.cast(tf.shape(value)[:2], tf.float32)
