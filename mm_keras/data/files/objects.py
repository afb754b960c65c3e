"""Objects in a picture: checked, and brought into groups."""

import dataclasses

import numpy as np

# Annotation tools round: what is this little beyond the border is clipped.
TOLERANCE = 2


@dataclasses.dataclass(frozen=True)
class Object:
    """One object of a picture, as its annotation says.

    Args:
        number: What it is found by in the annotation: its position from 1,
            or its id.
        label: Name of its class.
        box: ymin, xmin, ymax, xmax in pixels; the maxima are exclusive. None
            if the annotation has no four numbers.
        crowd: Whether it is a region with many objects, not counted.
        difficult: Whether it is hard to see.
        shape: Its outline, as a format has it. None if there is none.
    """

    number: int
    label: str
    box: tuple | None
    crowd: bool = False
    difficult: bool = False
    shape: object = None


def check_object(thing, size, classes):
    """Returns the object with its box clipped, and what is wrong with it.

    Args:
        thing: An `Object`.
        size: Height and width of the picture.
        classes: Names of the classes.

    Returns:
        `(object, None)` or `(None, problem)`.
    """
    who = f"object {thing.number} ({thing.label})"
    if thing.label not in classes:
        return None, f"{who}: the class is none of {list(classes)}"
    if thing.box is None:
        return None, f"{who}: the box is not four numbers"
    box, (height, width) = thing.box, size
    limits = (height, width, height, width)
    clipped = tuple(
        min(max(edge, 0.0), limit)
        for edge, limit in zip(box, limits, strict=True)
    )
    where = "the box ({:g}, {:g}, {:g}, {:g})".format(*box)
    if not _has_area(box):
        return None, f"{who}: {where} has no area"
    beyond = max(abs(a - b) for a, b in zip(box, clipped, strict=True))
    if beyond > TOLERANCE or not _has_area(clipped):
        outside = f"reaches {beyond:g} pixels outside the picture"
        return None, f"{who}: {where} {outside} of {height} x {width}"
    return dataclasses.replace(thing, box=clipped), None


def _has_area(box):
    """Whether the maxima are above the minima; never so with a NaN."""
    return box[2] > box[0] and box[3] > box[1]


def to_groups(things, size, classes):
    """Returns the objects of a picture and, apart from them, its crowds.

    Args:
        things: List of checked `Object`s.
        size: Height and width of the picture.
        classes: Names of the classes.

    Returns:
        Dictionary of `objects` and `crowds`, each of `bbox`, relative, and
        `label`; see `mm_keras.data.derived` for what follows from them.
    """
    crowds = [thing for thing in things if thing.crowd]
    single = [thing for thing in things if not thing.crowd]
    return {
        "objects": _to_group(single, size, classes),
        "crowds": _to_group(crowds, size, classes),
    }


def _to_group(things, size, classes):
    boxes = np.array([t.box for t in things], "float64").reshape(-1, 4)
    ids = [classes.index(thing.label) for thing in things]
    return {
        "bbox": (boxes / (*size, *size)).astype("float32"),
        "label": np.array(ids, "int64"),
    }
