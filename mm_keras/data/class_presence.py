"""Which classes the labels of each row show: what splits and shares count."""

import numpy as np


def class_presence(task, values):
    """Says of each row whether it has a label, and which classes it shows.

    A class counts once for a row, however many boxes, pixels or tokens of the
    row have it. Ids that the task does not know are passed over.

    Args:
        task: A `mm_keras.tasks.Task`.
        values: Labels of the rows: an array `(rows, ...)`, or a list with one
            label for each row, of any length (boxes) or size (masks), None
            where there is none.

    Returns:
        `(labelled, present)`: booleans of shape `(rows,)`, and of shape
        `(rows, num_classes)`, without columns where labels are no classes.

    Raises:
        ValueError: If labels are no numbers.
    """
    if isinstance(values, np.ndarray) and values.dtype != object:
        return _of_array(task, values)
    if len(values) == 0:
        return _nothing(task, 0)
    parts = [_of_row(task, value) for value in values]
    labelled, present = zip(*parts, strict=True)
    return np.concatenate(labelled), np.concatenate(present)


def _of_row(task, value):
    if value is None:
        return _nothing(task, 1)
    return _of_array(task, np.asarray(value)[None])


def _nothing(task, rows):
    classes = task.target.num_classes or 0
    return np.zeros(rows, bool), np.zeros((rows, classes), bool)


def _of_array(task, values):
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"Labels of task {task.name!r} expect numbers. Received: "
            f"{values.dtype} such as {values.flat[0]!r}. Turn names of classes "
            "into ids first."
        )
    kind, classes = task.target.kind, task.target.num_classes or 0
    if kind == "boxes":
        values = values.reshape(len(values), -1, 5)
    labelled = has_label(values, kind)
    if kind == "labels":
        return labelled, labelled[:, None] & (values > 0.5)
    if kind == "boxes":
        values = values[..., 4]
    if not classes:
        return labelled, np.zeros((len(values), 0), bool)
    present = _seen(values.reshape(len(values), -1), classes)
    ignored = ignored_class(task)
    if ignored is not None and ignored < classes:
        present[:, ignored] = False
    return labelled, present & labelled[:, None]


def has_label(values, kind):
    """Says of each row of an array of a kind of target whether it has a label.

    `mm_keras.data.unlabelled.is_labelled` says the same of tensors.
    """
    flat = values.reshape(len(values), -1)
    if kind in ("class", "pair", "labels"):
        return np.all(flat >= 0, axis=1)
    if kind in ("mask", "tags"):
        return np.any(flat >= 0, axis=1)
    if kind == "depth":
        return np.any(flat > 0, axis=1)
    if kind == "points":
        return ~np.all(np.isnan(flat), axis=1)
    present = ~np.any(np.isnan(flat), axis=1)
    if kind == "box":
        present &= np.any(flat != -1, axis=1)
    return present


def ignored_class(task):
    """The class id of pixels that do not count, or None."""
    return (task.loss or {}).get("config", {}).get("ignore_class")


def _seen(ids, classes):
    """Which of the classes occur among ids `(rows, n)`, `(rows, classes)`."""
    seen = np.zeros((len(ids), classes), bool)
    for row, row_ids in zip(seen, ids, strict=True):
        known = row_ids[(row_ids >= 0) & (row_ids < classes)]
        row[:] = np.bincount(known.astype("int64"), minlength=classes) > 0
    return seen
