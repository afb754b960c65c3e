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


def draw_picture(picture, pixels, extent, size):
    """Draws a picture, as a map of pixel indices says where to read.

    Each pixel is a mean of four. Within the picture those beyond its edge are
    like those at the edge, as where a picture is only resized; around it all
    is black.

    Args:
        picture: A tensor `(height, width, channels)`.
        pixels: What `pixel_map` returns.
        extent: Height and width of the picture, a float tensor `(2,)`.
        size: Height and width of what is drawn, a float tensor `(2,)`.

    Returns:
        A tensor of the same dtype, `(*size, channels)`.
    """
    drawn = _transform(picture, pixels, size, "BILINEAR", "NEAREST")
    return drawn * tf.cast(_reads_within(pixels, extent, size), drawn.dtype)


def draw_map(values, pixels, size, fill):
    """Draws a map of classes or depths; each pixel is the nearest one.

    Args:
        values: A tensor `(height, width, 1)`.
        pixels: What `pixel_map` returns.
        size: Height and width of what is drawn, a float tensor `(2,)`.
        fill: Value where there is no picture.

    Returns:
        A tensor of the same dtype, `(*size, 1)`.
    """
    return _transform(values, pixels, size, "NEAREST", "CONSTANT", fill)


def _transform(picture, pixels, size, interpolation, fill_mode, fill=0.0):
    drawn = tf.raw_ops.ImageProjectiveTransformV3(
        images=picture[None],
        transforms=tf.gather(tf.reshape(pixels, (1, 9)), _X_BEFORE_Y, axis=1),
        output_shape=tf.cast(size, tf.int32),
        fill_value=fill,
        interpolation=interpolation,
        fill_mode=fill_mode,
    )
    return drawn[0]


def _reads_within(pixels, extent, size):
    """Which drawn pixels are read within a picture, `(*size, 1)`.

    In each row they follow one another, from a first to a last column.
    """
    down, across, start = tf.unstack(pixels[:2, :, None], axis=1)  # (2, 1)
    # It reaches half a pixel beyond the centers of the outer ones.
    half = extent[:, None] / 2
    from_middle = down * tf.range(size[0]) + (start + 0.5 - half)
    ends = tf.stack([-half - from_middle, half - from_middle]) / across
    first = tf.reduce_max(tf.reduce_min(ends, axis=0), axis=0)[:, None]
    last = tf.reduce_min(tf.reduce_max(ends, axis=0), axis=0)[:, None]
    columns = tf.range(size[1])
    return ((first <= columns) & (columns <= last))[..., None]
