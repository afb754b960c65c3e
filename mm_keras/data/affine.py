"""Affine maps of a picture, in relative coordinates, and what they move.

A map is a float32 matrix `(3, 3)` for columns `(y, x, 1)`: from the place of
a point in one picture to its place in another, where 0 and 1 are the edges.
"""

import functools

import tensorflow as tf

# Where `ImageProjectiveTransform` wants the entries of a map: it puts x
# before y. The last two are its perspective, which stays 0.
_X_BEFORE_Y = (4, 3, 5, 1, 0, 2, 6, 7)


def affine(yy=1.0, yx=0.0, xy=0.0, xx=1.0, y=0.0, x=0.0):
    """Returns the map to `yy * y + yx * x + y` and `xy * y + xx * x + x`."""
    entries = [yy, yx, y, xy, xx, x, 0.0, 0.0, 1.0]
    return tf.reshape(tf.stack(entries), (3, 3))


def scale(sides):
    """Returns the map that multiplies with `sides`, a tensor `(2,)`."""
    return tf.linalg.diag(tf.concat([sides, [1.0]], axis=0))


def compose(*maps):
    """Joins maps to one; the last is applied first."""
    return functools.reduce(tf.matmul, maps)


def move_points(matrix, points):
    """Moves points `(..., 2)`: y, x."""
    linear, offset = matrix[:2, :2], matrix[:2, 2]
    return tf.linalg.matvec(linear, points) + offset


def move_boxes(matrix, boxes):
    """Moves boxes `(..., 4)`: ymin, xmin, ymax, xmax.

    The result encloses the four moved corners.
    """
    low, high = boxes[..., :2], boxes[..., 2:]
    center = move_points(matrix, (low + high) / 2)
    half = tf.linalg.matvec(tf.abs(matrix[:2, :2]), (high - low) / 2)
    return tf.concat([center - half, center + half], axis=-1)


def pixel_map(matrix, extent, size):
    """Returns the map of pixel indices that draws a moved picture.

    Args:
        matrix: Where each point of the picture goes.
        extent: Height and width of the picture, a float tensor `(2,)`.
        size: Height and width of what is drawn, a float tensor `(2,)`.

    Returns:
        The map from a pixel that is drawn to the one it is read from.
    """
    center, corner = affine(y=0.5, x=0.5), affine(y=-0.5, x=-0.5)
    back = tf.linalg.inv(matrix)
    return compose(corner, scale(extent), back, scale(1 / size), center)


def least_step(pixels):
    """The smallest distance that pixels drawn side by side are read apart.

    The smaller singular value of the linear part: above 1 a picture shrinks
    in every direction, so it may be read at that much less detail.
    """
    linear = pixels[:2, :2]
    squares = tf.reduce_sum(tf.square(linear))
    area = tf.linalg.det(linear)
    difference = tf.maximum(tf.square(squares) - 4 * tf.square(area), 0.0)
    return tf.sqrt(tf.maximum(squares - tf.sqrt(difference), 0.0) / 2)


def warp(picture, pixels, size, *, nearest=False, fill=0.0):
    """Draws a picture, as a map of pixel indices says where to read.

    Args:
        picture: A tensor `(height, width, channels)`.
        pixels: What `pixel_map` returns.
        size: Height and width of what is drawn, a float tensor `(2,)`.
        nearest: Whether to take the nearest pixel, instead of a mean of four.
        fill: Value where there is no picture.

    Returns:
        A tensor of the same dtype, `(*size, channels)`.
    """
    drawn = tf.raw_ops.ImageProjectiveTransformV3(
        images=picture[None],
        transforms=tf.gather(tf.reshape(pixels, (1, 9)), _X_BEFORE_Y, axis=1),
        output_shape=tf.cast(size, tf.int32),
        fill_value=fill,
        interpolation="NEAREST" if nearest else "BILINEAR",
        fill_mode="CONSTANT",
    )
    return drawn[0]
