"""Annotated pictures, whatever the format: checked, and made into records."""

import dataclasses

import numpy as np

from mm_keras.data.files import objects
from mm_keras.data.files import pictures
from mm_keras.data.files import records

# The groups of checked objects of a picture, and how they are read.
GROUP = {"bbox": records.lists, "label": records.lists}
FEATURES = {"objects": GROUP, "crowds": GROUP}


@dataclasses.dataclass(frozen=True)
class Annotation:
    """A picture and what its annotation says.

    Args:
        name: What reports call it.
        path: Path of the picture.
        size: Height and width that the annotation states, or None.
        objects: List of `Object`.
        inputs: Dictionary of further inputs by modality.
    """

    name: str
    path: str
    size: tuple | None
    objects: list
    inputs: dict = dataclasses.field(default_factory=dict)


def to_records(
    annotations,
    classes,
    found,
    *,
    features=objects.to_groups,
    paint=None,
):
    """Checks pictures and objects, and makes records of what is right.

    A faulty object is left out, and how many there are is then unknown, and
    which classes; a faulty picture is left out with all its objects.

    Args:
        annotations: List of `Annotation`.
        classes: Names of the classes.
        found: A `Faults` that is added to.
        features: Function `(objects, size, classes)` that returns a
            dictionary of features.
        paint: Function `(objects, size, classes)` that returns a mask as PNG
            and a problem or None. None if no task needs masks.

    Returns:
        List of `Record`.
    """
    inspections = pictures.inspect_pictures(a.path for a in annotations)
    if paint:
        annotations = pictures.with_progress(annotations, len(annotations))
    made = []
    for annotation in annotations:
        name, inspection = annotation.name, inspections[annotation.path]
        problem = inspection.problem or _disagreement(annotation, inspection)
        if problem:
            found.add(name, "image", problem)
            continue
        things = _check_objects(annotation, inspection.size, classes, found)
        offered = features(things, inspection.size, classes)
        if len(things) < len(annotation.objects):
            offered = _only_objects(offered)
        if paint:
            offered["mask"], problem = paint(things, inspection.size, classes)
            if problem:
                found.add(name, "mask", problem)
                continue
        inputs = {"image": annotation.path, **annotation.inputs}
        made.append(records.Record(name, inputs, offered))
    return made


def _disagreement(annotation, inspection):
    """Says how the stated size differs from that of the picture."""
    if annotation.size in (None, inspection.size):
        return None
    return (
        "the picture has {} x {} pixels (height x width), its annotation "
        "says {} x {}".format(*inspection.size, *annotation.size)
    )


def _only_objects(offered):
    """Marks as unlabelled what would count an object that is left out as none.

    Args:
        offered: Dictionary by feature: dictionaries are objects, integers
            say which classes are present, floats are numbers.
    """
    return {
        name: value
        if isinstance(value, dict)
        else np.full_like(value, np.nan if value.dtype.kind == "f" else -1)
        for name, value in offered.items()
    }


def _check_objects(annotation, size, classes, found):
    kept = []
    for thing in annotation.objects:
        checked, problem = objects.check_object(thing, size, classes)
        if problem:
            found.add(annotation.name, "objects", problem)
        else:
            kept.append(checked)
    return kept
