"""Says which label is impossible, and where, before it costs a training."""

import numpy as np

# Rounding moves relative coordinates a little beyond the image.
TOLERANCE = 1e-3
_ADVICE = "Correct the labels or the task's `num_classes`; ids begin at 0."


def check_labels(task, values):
    """Raises if a label is impossible for a task.

    Missing labels (-1 for class and pair ids, tags and masks, NaN, and rows of
    boxes that are -1) are no fault.

    Args:
        task: A `mm_keras.tasks.Task`.
        values: Array of labels, `(rows, ...)`.

    Raises:
        ValueError: Naming the task, the row and the value.
    """
    _CHECKS[task.target.kind](task, np.asarray(values))


def _complain(task, bad, values, expected, advice):
    """Raises if `bad`, of the shape of `values` or its first axes, is true."""
    if not np.any(bad):
        return
    place = tuple(int(i) for i in np.argwhere(bad)[0])
    where = f"row {place[0]}" + (f", position {place[1:]}" if place[1:] else "")
    raise ValueError(
        f"Labels of task {task.name!r} expect {expected}. Received: "
        f"{np.asarray(values)[place].tolist()} in {where} "
        f"({int(np.sum(bad))} such in all). {advice}"
    )


def _check_ids(task, values):
    """Class ids or pair ids; -1 is a missing label."""
    bad = (values < -1) | _no_class(values, task.target.num_classes)
    expected = _class_ids(task) + ", or -1 where unlabelled"
    _complain(task, bad, values, expected, _ADVICE)


def _check_mask(task, values):
    """Class ids per pixel; a mask that is -1 throughout is missing."""
    missing = np.all(values == -1, axis=(1, 2, 3), keepdims=True)
    bad = (values < 0) | _no_class(values, task.target.num_classes)
    expected = _class_ids(task) + ", or a mask that is -1 throughout"
    ignored = (task.loss or {}).get("config", {}).get("ignore_class")
    if ignored is not None:
        bad &= values != ignored
        expected += f", or ignored pixels of {ignored}"
    _complain(task, bad & ~missing, values, expected, _ADVICE)


def _no_class(values, count):
    """Whether values are too large for a class id, broken or NaN."""
    limit = np.inf if count is None else count
    return ~((values < limit) & (values == np.floor(values)))


def _class_ids(task):
    count = task.target.num_classes
    return "whole ids" if count is None else f"class ids from 0 to {count - 1}"


def _check_multi_hot(task, values):
    bad = (values < 0) & (values != -1) | (values > 1)
    expected = "0 or 1 for every class, or -1 or NaN where unlabelled"
    advice = "Turn lists of class ids into zeros and ones first."
    _complain(task, bad, values, expected, advice)


def _check_numbers(task, values):
    advice = "Remove infinite values."
    expected = "finite numbers, or NaN where unlabelled"
    _complain(task, np.isinf(values), values, expected, advice)


def _check_depth(task, values):
    """Depths per pixel; 0 and NaN are unknown."""
    bad = np.isinf(values) | (values < 0)
    expected = "depths above 0, and 0 or NaN where unknown"
    advice = "Turn what has no finite depth, such as the sky, into NaN."
    _complain(task, bad, values, expected, advice)


def _check_boxes(task, values):
    """One box a row, or several with class ids."""
    boxes = values[..., :4]
    real = ~np.all(values == -1, axis=-1) & ~np.any(np.isnan(values), axis=-1)
    outside = (boxes < -TOLERANCE) | (boxes > 1 + TOLERANCE)
    _complain(
        task,
        real & np.any(outside, axis=-1),
        values,
        "coordinates relative to the image, 0 to 1",
        "Divide pixels by the height and the width of the image.",
    )
    reversed_ = (boxes[..., 2:] < boxes[..., :2]).any(axis=-1)
    _complain(
        task,
        real & reversed_,
        values,
        "boxes ymin, xmin, ymax, xmax with no maximum below its minimum",
        "Bring the coordinates into this order; `ymin` comes first.",
    )
    if values.shape[-1] == 5:
        _check_box_classes(task, values, real)


def _check_points(task, values):
    """Both coordinates of a point are relative, or NaN."""
    outside = (values < -TOLERANCE) | (values > 1 + TOLERANCE)
    half = np.isnan(values).sum(axis=-1) == 1
    _complain(
        task,
        outside.any(axis=-1) | half,
        values,
        "points y, x relative to the image, 0 to 1, or NaN where not visible",
        "Divide pixels by the height and the width of the image.",
    )


def _check_box_classes(task, values, real):
    labels = values[..., 4]
    bad = (labels < 0) | _no_class(labels, task.target.num_classes)
    expected = f"{_class_ids(task)} in the fifth column of boxes"
    _complain(task, real & bad, values, expected, _ADVICE)


_CHECKS = {
    "class": _check_ids,
    "mask": _check_mask,
    "depth": _check_depth,
    "tags": _check_ids,
    "pair": _check_ids,
    "labels": _check_multi_hot,
    "number": _check_numbers,
    "box": _check_boxes,
    "boxes": _check_boxes,
    "points": _check_points,
}
