"""Annotated pictures, whatever the format: checked, and made into records."""

import dataclasses

import numpy as np

from mm_keras.data.files import objects
from mm_keras.data.files import pictures
from mm_keras.data.files import records

# The groups of checked objects of a picture, and how they are read.
GROUP = {"bbox": records.lists, "label": records.lists}
# What is left out has no box that could leave the picture.
FEATURES = {
    "objects": GROUP,
    "crowds": GROUP,
    "left_out": {"label": records.lists},
}


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
        missing = len(annotation.objects) - len(things)
        offered["left_out"] = {"label": np.full(missing, -1, "int64")}
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


def _check_objects(annotation, size, classes, found):
    kept = []
    for thing in annotation.objects:
        checked, problem = objects.check_object(thing, size, classes)
        if problem:
            found.add(annotation.name, "objects", problem)
        else:
            kept.append(checked)
    return kept
