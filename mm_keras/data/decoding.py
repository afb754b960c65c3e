"""Decodes pictures, a JPEG no larger than it is needed."""

import functools

import tensorflow as tf

# A JPEG is decoded to 1 / ratio of its size at less than full cost.
RATIOS = (1, 2, 4, 8)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encoded_size(encoded):
    """Returns height and width of an encoded picture.

    Args:
        encoded: The bytes of a JPEG, PNG, GIF, BMP or WebP file, a scalar
            string tensor. Of the first two only the header is read.

    Returns:
        An int32 tensor `(2,)`.
    """
    return tf.case(
        [
            (tf.io.is_jpeg(encoded), lambda: _jpeg_size(encoded)),
            (_is_png(encoded), lambda: _png_size(encoded)),
        ],
        default=lambda: tf.shape(_decode_whole(encoded, 3))[:2],
    )


def reduction(encoded, shrink):
    """Says at what part of its size a picture may be decoded.

    Args:
        encoded: The bytes of a file, a scalar string tensor.
        shrink: How many pixels of the file come to one that is needed, a
            float.

    Returns:
        1, 2, 4 or 8, an int32 scalar: never so much that pixels would have to
        be made up, and always 1 where it is no JPEG.
    """
    enough = shrink >= tf.constant(RATIOS[1:], tf.float32)
    step = tf.reduce_sum(tf.cast(enough, tf.int32))
    return tf.where(tf.io.is_jpeg(encoded), tf.bitwise.left_shift(1, step), 1)


def decode(encoded, ratio=1, channels=3):
    """Decodes a picture.

    Args:
        encoded: The bytes of a JPEG, PNG, GIF, BMP or WebP file, a scalar
            string tensor. Of a GIF it is the first picture.
        ratio: By how much to reduce its size, see `reduction`; what is left
            over is rounded up.
        channels: Number of channels: 1, 3 or 4.

    Returns:
        A uint8 tensor `(height, width, channels)`.
    """
    reduced = [
        lambda ratio=ratio: tf.io.decode_jpeg(encoded, channels, ratio=ratio)
        for ratio in RATIOS[1:]
    ]
    whole = functools.partial(_decode_whole, encoded, channels)
    return tf.switch_case(_position(ratio), [whole, *reduced])


def _position(ratio):
    """Position of a ratio in `RATIOS`."""
    smaller = tf.constant(RATIOS) < ratio
    return tf.reduce_sum(tf.cast(smaller, tf.int32))


def _decode_whole(encoded, channels):
    picture = tf.io.decode_image(encoded, channels, expand_animations=False)
    return tf.ensure_shape(picture, (None, None, channels))


def _jpeg_size(encoded):
    return tf.io.extract_jpeg_shape(encoded)[:2]


def _is_png(encoded):
    return tf.strings.substr(encoded, 0, 8) == PNG_SIGNATURE


def _png_size(encoded):
    """Width and height are the 17th to 24th byte, the first one highest."""
    sides = tf.strings.substr(encoded, 16, 8)
    return tf.io.decode_raw(sides, tf.int32, little_endian=False)[::-1]
