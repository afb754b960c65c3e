"""Decodes JPEG and PNG pictures, a JPEG no larger than it is needed."""

import tensorflow as tf

# A JPEG is decoded to 1 / ratio of its size at less than full cost.
RATIOS = (1, 2, 4, 8)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encoded_size(encoded):
    """Returns height and width of an encoded picture, from its header.

    Args:
        encoded: The bytes of a JPEG or PNG file, a scalar string tensor.

    Returns:
        An int32 tensor `(2,)`.
    """
    return tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: tf.io.extract_jpeg_shape(encoded)[:2],
        lambda: _png_size(encoded),
    )


def decode(encoded, shrink=1.0, channels=3):
    """Decodes a picture, a JPEG at a reduced scale where that is enough.

    Args:
        encoded: The bytes of a JPEG or PNG file, a scalar string tensor.
        shrink: How many pixels of the file come to one that is needed, a
            float. A JPEG is decoded at 1/2, 1/4 or 1/8 of its size, but never
            so small that pixels would have to be made up.
        channels: Number of channels: 1, 3 or 4.

    Returns:
        `(picture, ratio)`: a uint8 tensor `(height, width, channels)`, and
        how much smaller than the file it is, an int32 scalar. The height is
        that of the file by the ratio, rounded up; so is the width.
    """
    step = _reduction(encoded, shrink)
    branches = [
        lambda ratio=ratio: tf.io.decode_jpeg(encoded, channels, ratio=ratio)
        for ratio in RATIOS
    ]
    # `decode_jpeg` decodes a PNG as well, but never at a reduced scale.
    picture = tf.switch_case(step, branches)
    return picture, tf.gather(RATIOS, step)


def _reduction(encoded, shrink):
    """Position in `RATIOS` of the largest one that is not above `shrink`."""
    enough = shrink >= tf.constant(RATIOS[1:], tf.float32)
    fits = tf.reduce_sum(tf.cast(enough, tf.int32))
    return tf.where(tf.io.is_jpeg(encoded), fits, 0)


def _png_size(encoded):
    """Width and height are the 17th to 24th byte, the first one highest."""
    known = tf.strings.substr(encoded, 0, 8) == PNG_SIGNATURE
    with tf.control_dependencies(
        [tf.debugging.Assert(known, ["Expected a JPEG or PNG file."])]
    ):
        sides = tf.strings.substr(encoded, 16, 8)
    return tf.io.decode_raw(sides, tf.int32, little_endian=False)[::-1]
