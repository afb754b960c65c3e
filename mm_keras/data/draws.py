"""Draws the numbers that decide how an example is augmented."""

import math

import tensorflow as tf

# What is drawn, from its negative to its positive limit.
_EITHER_WAY = {
    "rotation": lambda augment: math.radians(augment.rotation),
    "shear": lambda augment: math.radians(augment.shear),
    "zoom": lambda augment: math.log(1 + augment.zoom),
    "shift_y": lambda augment: augment.shift,
    "shift_x": lambda augment: augment.shift,
    "brightness": lambda augment: augment.brightness,
    "contrast": lambda augment: augment.contrast,
    "saturation": lambda augment: augment.saturation,
    "hue": lambda augment: math.radians(augment.hue),
}
# What is drawn from 0 to a limit.
_ONE_WAY = {
    "crop": lambda augment: augment.crop,
    "crop_y": lambda augment: 1.0,
    "crop_x": lambda augment: 1.0,
}
# What happens to a share of the examples.
_SHARES = ("horizontal_flip", "vertical_flip", "mosaic")


def draw(augment, key, index):
    """Draws the numbers that decide how an example is augmented.

    Args:
        augment: A `mm_keras.data.Augmentation`.
        key: Number that seeds the epoch, int64.
        index: Number of the example in the data set, int64.

    Returns:
        Dictionary of scalars. `rotation`, `shear` and `hue`: angles in
        radians. `zoom`, `brightness`, `contrast` and `saturation`: factors.
        `shift_y`, `shift_x` and `crop`: shares of the sides. `crop_y` and
        `crop_x`: where the window is, 0 to 1. `horizontal_flip`,
        `vertical_flip` and `mosaic`: booleans.
    """
    limits = [limit(augment) for limit in _EITHER_WAY.values()]
    spans = [limit(augment) for limit in _ONE_WAY.values()]
    shares = [getattr(augment, name) for name in _SHARES]
    seed = tf.stack([key, index])
    chances = tf.random.stateless_uniform(
        (len(limits) + len(spans) + len(shares),), seed
    )
    either, one, happens = tf.split(
        chances, [len(limits), len(spans), len(shares)]
    )
    drawn = {
        **_named(_EITHER_WAY, (2 * either - 1) * limits),
        **_named(_ONE_WAY, one * spans),
        **_named(_SHARES, happens < shares),
    }
    # As often larger as smaller, and by as much.
    drawn["zoom"] = tf.exp(drawn["zoom"])
    return drawn | {
        name: 1 + drawn[name]
        for name in ("brightness", "contrast", "saturation")
    }


def _named(names, values):
    return dict(zip(names, tf.unstack(values), strict=True))
