"""Where a picture and its labels go in the picture that is fed."""

import dataclasses

import tensorflow as tf

from mm_keras.data import affine
from mm_keras.data import images

# From here on a picture is made smaller first, so that details do not
# flicker: drawing reads four pixels for one.
_COARSE = 2.0


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a picture and its labels go in the picture that is fed.

    Args:
        size: `(height, width)` that is fed; None for that of the picture.
        inner: Height and width of the part that shows the picture, an int32
            tensor `(2,)`; None for all of `size`.
        turn: Where the augmentation moves each point, a map as in `affine`,
            or None.
        mirrored: Whether it makes a mirror image, a boolean scalar.
    """

    size: tuple | None = None
    inner: tf.Tensor | None = None
    turn: tf.Tensor | None = None
    mirrored: tf.Tensor | None = None

    @property
    def matrix(self):
        """Where each point of a picture goes, as a map; None for nowhere."""
        if self.inner is None:
            return self.turn
        size = tf.cast(self.size, tf.float32)
        inner = tf.cast(self.inner, tf.float32)
        corner = tf.cast((self.size - self.inner) // 2, tf.float32) / size
        (yy, xx), (y, x) = tf.unstack(inner / size), tf.unstack(corner)
        frame = affine.affine(yy=yy, xx=xx, y=y, x=x)
        return frame if self.turn is None else frame @ self.turn

    def shrink(self, extent):
        """How many pixels of a picture come to one that is fed, at least.

        Args:
            extent: Height and width of the picture, a float tensor `(2,)`.
        """
        if self.turn is not None:
            return affine.least_step(self._pixels(extent, self._drawn(extent)))
        if self.size is None:
            return tf.constant(1.0)
        inner = self.size if self.inner is None else self.inner
        return tf.reduce_min(extent / tf.cast(inner, tf.float32))

    def picture(self, picture, extent, ratio=1):
        """Draws a picture where it goes, over black.

        Args:
            picture: A tensor `(height, width, channels)`.
            extent: Height and width of the whole picture, a float tensor
                `(2,)`.
            ratio: How much smaller it was decoded, an integer.

        Returns:
            A tensor `(*size, channels)`, of the same dtype or of float32.
        """
        if self.turn is None:
            return self._fit(picture, images.resize, 0)
        shrink = self.shrink(extent) / tf.cast(ratio, tf.float32)
        seen = extent / tf.cast(ratio, tf.float32)
        detail, seen = _coarsen(tf.cast(picture, tf.float32), seen, shrink)
        drawn = self._drawn(extent)
        pixels = self._pixels(seen, drawn)
        warped = affine.draw_picture(detail, pixels, seen, drawn)
        return self._with_shape(warped, picture)

    def map(self, values, fill):
        """Draws a map of classes or depths where it goes, over `fill`.

        Args:
            values: A tensor `(height, width, 1)`.
            fill: Value where there is no picture.

        Returns:
            A tensor `(*size, 1)` of the same dtype, with no other values.
        """
        if self.turn is None:
            return self._fit(values, images.resize_mask, fill)
        extent = images.extent(values)
        drawn = self._drawn(extent)
        pixels = self._pixels(extent, drawn)
        warped = affine.draw_map(values, pixels, drawn, fill)
        return self._with_shape(warped, values)

    def _fit(self, picture, resize, fill):
        """Resizes, and pads where proportions are kept."""
        if self.size is None:
            return picture
        if self.inner is None:
            return resize(picture, self.size)
        padded = images.pad(resize(picture, self.inner), self.size, fill)
        return self._with_shape(padded, picture)

    def _drawn(self, extent):
        """Height and width of what is drawn, a float tensor `(2,)`."""
        return extent if self.size is None else tf.cast(self.size, tf.float32)

    def _pixels(self, extent, drawn):
        return affine.pixel_map(self.matrix, extent, drawn)

    def _with_shape(self, drawn, picture):
        height, width = self.size or picture.shape[:2]
        return tf.ensure_shape(drawn, (height, width, picture.shape[-1]))


def _coarsen(picture, extent, shrink):
    """Makes a picture smaller, if much of it comes to one pixel."""

    def resize():
        size = tf.cast(tf.math.ceil(extent / shrink), tf.int32)
        return images.resize(picture, size), tf.cast(size, tf.float32)

    return tf.cond(shrink >= _COARSE, resize, lambda: (picture, extent))


def place(extent, size, keep_aspect, turn=None, mirrored=None):
    """Returns the `Placement` of a picture.

    Args:
        extent: Height and width of the picture, a float tensor `(2,)`.
        size: `(height, width)` that is fed, or None.
        keep_aspect: Whether the picture keeps its proportions.
        turn: A map of the augmentation, or None.
        mirrored: Whether that makes a mirror image.
    """
    if size is None or not keep_aspect:
        return Placement(size, None, turn, mirrored)
    smaller = tf.reduce_min(tf.cast(size, tf.float32) / extent)
    inner = tf.maximum(tf.cast(tf.round(extent * smaller), tf.int32), 1)
    return Placement(size, inner, turn, mirrored)
