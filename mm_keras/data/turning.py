"""Draws one affine map out of all that moves a picture."""

import math

import tensorflow as tf

from mm_keras.data import affine
from mm_keras.data import wording

# One number of each, evenly between 0 and 1, decides about an example.
CHANCES = (
    *("horizontal_flip", "vertical_flip", "rotation", "shear", "zoom"),
    *("shift_y", "shift_x", "crop", "crop_y", "crop_x"),
    *("brightness", "contrast", "saturation", "hue", "mosaic"),
)


def draw_chances(key, index):
    """Draws the numbers that decide how an example is augmented.

    Args:
        key: Number of the pass over the data, int64.
        index: Number of the example in the data set, int64.

    Returns:
        Dictionary of float32 scalars, 0 to 1, by the names in `CHANCES`.
    """
    seed = tf.stack([key, index])
    drawn = tf.random.stateless_uniform((len(CHANCES),), seed)
    return dict(zip(CHANCES, tf.unstack(drawn), strict=True))


def either_way(chance, limit):
    """Turns a chance into a number between `-limit` and `limit`."""
    # A constant is computed once, and all that follows from it.
    return (2 * chance - 1) * limit if limit else tf.constant(0.0)


def draw_turn(augment, chances, extent, texts):
    """Draws where the augmentation moves each point of a picture.

    First a window is cut out; then, about its middle, it is mirrored, zoomed,
    sheared and rotated; then shifted.

    Args:
        augment: A `mm_keras.data.Augmentation`.
        chances: What `draw_chances` returns.
        extent: Height and width of the picture, a float tensor `(2,)`.
        texts: List of the texts about it, which must stay true.

    Returns:
        `(turn, mirrored)`: a map as in `mm_keras.data.affine`, and whether it
        makes a mirror image, a boolean scalar.
    """
    sides = wording.mentions(texts, augment.side_words)
    heights = wording.mentions(texts, augment.height_words)
    signs = [
        _flip(chances["vertical_flip"], augment.vertical_flip, ~heights),
        _flip(chances["horizontal_flip"], augment.horizontal_flip, ~sides),
    ]
    free = tf.where(sides | heights, 0.0, 1.0)
    linear = affine.compose(
        _rotation(augment, chances, free),
        _shear(augment, chances, free),
        _zoom(augment, chances, signs),
    )
    turn = affine.compose(
        affine.affine(
            y=0.5 + either_way(chances["shift_y"], augment.shift),
            x=0.5 + either_way(chances["shift_x"], augment.shift),
        ),
        affine.scale(1 / extent),
        linear,
        affine.scale(extent),
        affine.affine(y=-0.5, x=-0.5),
        _crop(augment, chances),
    )
    return turn, signs[0] * signs[1] < 0


def _flip(chance, share, allowed):
    return tf.where((chance < share) & allowed, -1.0, 1.0)


def _rotation(augment, chances, strength):
    limit = math.radians(augment.rotation)
    angle = strength * either_way(chances["rotation"], limit)
    sine, cosine = tf.sin(angle), tf.cos(angle)
    return affine.affine(yy=cosine, yx=-sine, xy=sine, xx=cosine)


def _shear(augment, chances, strength):
    limit = math.radians(augment.shear)
    angle = strength * either_way(chances["shear"], limit)
    return affine.affine(xy=tf.tan(angle))


def _zoom(augment, chances, signs):
    """As often nearer as farther, and by as much."""
    limit = math.log(1 + augment.zoom)
    factor = tf.exp(either_way(chances["zoom"], limit))
    return affine.affine(yy=factor * signs[0], xx=factor * signs[1])


def _crop(augment, chances):
    """Enlarges a window to the size of the picture."""
    kept = 1 - augment.crop * chances["crop"]
    top = (1 - kept) * chances["crop_y"]
    left = (1 - kept) * chances["crop_x"]
    return affine.affine(
        yy=1 / kept, xx=1 / kept, y=-top / kept, x=-left / kept
    )
