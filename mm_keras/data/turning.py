"""Draws one affine map out of all that moves a picture."""

import tensorflow as tf

from mm_keras.data import affine
from mm_keras.data import wording


def draw_turn(augment, draw, extent, texts):
    """Draws where the augmentation moves each point of a picture.

    First a window is cut out; then, about its middle, it is mirrored, zoomed,
    sheared and rotated; then shifted.

    Args:
        augment: A `mm_keras.data.Augmentation`.
        draw: What `mm_keras.data.draws.draw` returns.
        extent: Height and width of the picture, a float tensor `(2,)`.
        texts: List of the texts about it, which must stay true.

    Returns:
        `(turn, mirrored)`: a map as in `mm_keras.data.affine`, and whether it
        makes a mirror image, a boolean scalar.
    """
    sides = wording.mentions(texts, augment.side_words)
    heights = wording.mentions(texts, augment.height_words)
    upright = sides | heights
    signs = [
        tf.where(draw["vertical_flip"] & ~heights, -1.0, 1.0),
        tf.where(draw["horizontal_flip"] & ~sides, -1.0, 1.0),
    ]
    # In pixels, where a rotation is one whatever the proportions.
    linear = [affine.scale(extent), _zoom(draw["zoom"], signs)]
    if augment.shear:
        linear.append(_shear(tf.where(upright, 0.0, draw["shear"])))
    if augment.rotation:
        linear.append(_rotate(tf.where(upright, 0.0, draw["rotation"])))
    turn = affine.compose(
        affine.affine(y=0.5 + draw["shift_y"], x=0.5 + draw["shift_x"]),
        affine.scale(1 / extent),
        *reversed(linear),
        affine.affine(y=-0.5, x=-0.5),
    )
    if augment.crop:
        turn = turn @ _crop(1 - draw["crop"], draw["crop_y"], draw["crop_x"])
    return turn, signs[0] * signs[1] < 0


def _zoom(factor, signs):
    return affine.affine(yy=factor * signs[0], xx=factor * signs[1])


def _shear(angle):
    return affine.affine(xy=tf.tan(angle))


def _rotate(angle):
    sine, cosine = tf.sin(angle), tf.cos(angle)
    return affine.affine(yy=cosine, yx=-sine, xy=sine, xx=cosine)


def _crop(kept, y, x):
    """Enlarges a window; `y` and `x` are its place, from 0 to 1."""
    larger = 1 / kept
    free = 1 - larger
    return affine.affine(yy=larger, xx=larger, y=free * y, x=free * x)
