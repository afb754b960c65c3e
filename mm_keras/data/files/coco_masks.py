"""Paints the outlines of COCO's objects into one mask a picture."""

import numpy as np
import tensorflow as tf

from mm_keras.data.files.objects import TOLERANCE


def paint(things, size, classes):
    """Paints the class of each pixel plus one; 0 is the background.

    Larger objects are painted first, so that smaller ones stay visible.

    Args:
        things: List of checked `Object`s with `shape`: polygons (lists of
            x, y, x, y, ... in pixels) or run lengths (a dictionary).
        size: Height and width of the picture.
        classes: Names of the classes, at most 255.

    Returns:
        `(png, None)`: the mask as bytes of a PNG; or `(None, problem)`.

    Raises:
        ValueError: If a byte cannot hold the classes.
    """
    _check_number(classes)
    decoded = [_decode(thing.shape, size) for thing in things]
    for thing, mask in zip(things, decoded, strict=True):
        if mask is None:
            return None, (
                f"object {thing.number} ({thing.label}): the segmentation is "
                "neither a list of polygons (6 or more numbers each, in the "
                f"picture) nor run lengths of {size[0]} x {size[1]} pixels"
            )
    painted = np.zeros(size, "uint8", order="F")  # As outlines are decoded.
    areas = [np.count_nonzero(mask) for mask in decoded]
    for i in sorted(range(len(things)), key=lambda i: -areas[i]):
        label = classes.index(things[i].label) + 1
        np.copyto(painted, label, where=decoded[i])
    return tf.io.encode_png(painted[..., None], compression=1).numpy(), None


def _check_number(classes):
    if len(classes) > 255:
        raise ValueError(
            "Masks expect at most 255 classes, one byte a pixel. Received: "
            f"{len(classes)} classes. Choose some with `classes`."
        )


def _decode(shape, size):
    """Returns the pixels of an outline as booleans, or None."""
    from faster_coco_eval.core import mask

    if _is_polygons(shape, size):
        lengths = mask.merge(mask.frPyObjects(shape, *size))
    elif _is_plain(shape, size):
        lengths = mask.frPyObjects(shape, *size)
    elif _is_compressed(shape, size):
        lengths = shape
    else:
        return None
    try:
        return mask.decode(lengths).view(bool)
    except (RuntimeError, ValueError):  # A text that is no run lengths.
        return None


def _is_polygons(shape, size):
    return (
        isinstance(shape, list)
        and len(shape) > 0
        and all(_is_polygon(points, *size) for points in shape)
    )


def _is_polygon(points, height, width):
    """Whether these are points in the picture; far ones take for ever."""
    return (
        isinstance(points, list)
        and len(points) >= 6
        and len(points) % 2 == 0
        and all(isinstance(p, (int, float)) for p in points)
        and min(points) >= -TOLERANCE
        and all(x <= width + TOLERANCE for x in points[::2])
        and all(y <= height + TOLERANCE for y in points[1::2])
    )


def _is_plain(shape, size):
    """Whether these are run lengths that are a list of numbers."""
    counts = _counts(shape, size)
    return (
        isinstance(counts, list)
        and all(isinstance(n, int) and n >= 0 for n in counts)
        and sum(counts) == size[0] * size[1]
    )


def _is_compressed(shape, size):
    """Whether these may be run lengths that are a text."""
    return isinstance(_counts(shape, size), str)


def _counts(shape, size):
    """The run lengths of a picture of this size, or None."""
    if isinstance(shape, dict) and shape.get("size") == list(size):
        return shape.get("counts")
    return None
