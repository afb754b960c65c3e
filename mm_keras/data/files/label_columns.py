"""Columns of a table whose cells are labels of tasks."""

import functools
import re

import numpy as np
import tensorflow as tf

from mm_keras.data.files import columns
from mm_keras.data.files import pictures
from mm_keras.data.files import records
from mm_keras.data.files import sources


def label_column(name, task, rows, folder, classes):
    """Reads the labels of a task as its target wants them.

    Args:
        name: Name of the column.
        task: A `mm_keras.tasks.Task`.
        rows: List of dictionaries by column.
        folder: Folder that names of pictures are relative to.
        classes: Dictionary from columns to the names of their classes.

    Returns:
        A `Column`.
    """
    kind = task.target.kind
    if kind in ("class", "labels"):
        names = classes.get(name) or find_classes(name, rows)
        names = tuple(names or map(str, range(task.target.num_classes)))
        sources.check_tasks([task], names, f"column {name!r}")
        return _WITH_CLASSES[kind](name, names)
    if kind == "mask":
        convert = functools.partial(columns.to_path, folder=folder)
        return columns.Column((name,), convert, records.mask_files)
    if kind in _WITHOUT_CLASSES:
        return _WITHOUT_CLASSES[kind](name, task.target)
    raise ValueError(
        f"A table expects tasks whose targets are of the kinds {KINDS}. "
        f"Received: kind {kind!r} of task {task.name!r}. Use "
        "`mm_keras.data.from_coco` or `from_voc` for boxes, and "
        "`mm_keras.data.from_arrays` for the rest."
    )


def labelled(tasks):
    """Returns the tasks by their columns.

    What belongs together needs none: its texts say it, or else its row.

    Raises:
        ValueError: If two tasks want to read a column in two ways.
    """
    found = {}
    for task in tasks:
        if task.target.kind == "pair" and not task.target.feature:
            continue
        name = task.target.feature or task.name
        other = found.setdefault(name, task)
        if other.target.kind != task.target.kind:
            raise ValueError(
                f"Column {name!r} expects one kind of target. Received: "
                f"{other.target.kind!r} for task {other.name!r} and "
                f"{task.target.kind!r} for task {task.name!r}. Copy the column "
                "under another name."
            )
    return found


def find_classes(name, rows):
    """Names of the classes in a column, sorted; none if they are ids."""
    cells = {part for row in rows for part in columns.split(row[name])}
    if all(re.fullmatch(r"-?\d+", cell) for cell in cells):
        return []
    return sorted(cells - {"-1"})


def inspect_mask(path, task):
    """Returns the size of a mask, or what is wrong with it as a label."""
    return pictures.inspect_file(
        path, functools.partial(_decode_mask, task=task)
    )


def _decode_mask(data, task):
    mask = tf.io.decode_png(data).numpy()
    height, width, channels = mask.shape
    if channels != 1:
        problem = f"has {channels} channels; a mask of class ids has one"
        return pictures.Inspection(problem=problem)
    allowed = set(range(task.target.num_classes))
    allowed.add(task.loss["config"].get("ignore_class"))
    unknown = sorted(set(np.unique(mask).tolist()) - allowed)
    if unknown:
        problem = f"holds the unknown class ids {unknown}"
        return pictures.Inspection(problem=problem)
    return pictures.Inspection(size=(height, width))


def _class_column(name, names):
    def convert(cells):
        ids, problem = _to_ids(cells[0], names)
        if problem is None and len(ids) != 1:
            problem = f"{cells[0]!r} is not one class"
        return (None, problem) if problem else (ids[0], None)

    return columns.Column((name,), convert, missing=-1, class_names=names)


def _multi_label_column(name, names):
    def convert(cells):
        ids, problem = _to_ids(cells[0], names)
        if problem:
            return None, problem
        if -1 in ids:
            return missing, None
        return np.isin(np.arange(len(names)), ids).astype("int64"), None

    missing = np.full(len(names), -1, "int64")
    return columns.Column((name,), convert, missing=missing, class_names=names)


def _number_column(name, target):
    (units,) = target.shape
    convert = functools.partial(columns.to_several, units=units)
    missing = np.full(units, np.nan, "float32")
    return columns.Column((name,), convert, missing=missing)


def _box_column(name, target):
    missing = np.full(target.shape, np.nan, "float32")
    return columns.Column((name,), _to_box, missing=missing)


def _to_box(cells):
    """Returns ymin, xmin, ymax, xmax, relative, and what is wrong."""
    box, problem = columns.to_several(cells, units=4)
    if problem is None and not np.all(np.isnan(box)):
        inside = np.all((box >= 0) & (box <= 1))
        if not (inside and np.all(box[2:] > box[:2])):
            problem = (
                f"{cells[0]!r} is no box: ymin, xmin, ymax, xmax from 0 to 1"
            )
    return (None, problem) if problem else (box, None)


def _pair_column(name, target):
    """Equal texts belong together."""
    return columns.Column((name,), columns.to_text, records.texts)


def _to_ids(cell, names):
    """Returns the ids of the classes in a cell, -1 as it is."""
    parts = columns.split(cell)
    unknown = [part for part in parts if part not in (*names, "-1")]
    if unknown:
        return None, f"{unknown[0]!r} is none of the classes {list(names)}"
    return [-1 if p == "-1" else names.index(p) for p in parts], None


_WITH_CLASSES = {"class": _class_column, "labels": _multi_label_column}
_WITHOUT_CLASSES = {
    "number": _number_column,
    "box": _box_column,
    "pair": _pair_column,
}
KINDS = (*_WITH_CLASSES, *_WITHOUT_CLASSES, "mask")
