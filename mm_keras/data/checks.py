"""Says which label is impossible, and where, before it costs a training."""

import dataclasses

import numpy as np

from mm_keras.data.class_presence import ignored_class

# Rounding moves relative coordinates a little beyond the image.
TOLERANCE = 1e-3
_ADVICE = "Correct the labels or the task's `num_classes`; ids begin at 0."


@dataclasses.dataclass(frozen=True, eq=False)
class Problem:
    """What is wrong with some of the labels of a task.

    Args:
        rule: The kind of fault in a few words.
        bad: Where: booleans of the shape of `values`, or of its first axes.
        values: The labels, `(rows, ...)`.
        expected: What had been expected.
        advice: What to do.
    """

    rule: str
    bad: np.ndarray
    values: np.ndarray
    expected: str
    advice: str

    def first(self, row=None):
        """Returns the place of the first bad label, of all or of one row."""
        bad = self.bad if row is None else self.bad[row][None]
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        return place if row is None else (row, *place[1:])


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
    for problem in find_problems(task, values):
        place = problem.first()
        where = f"row {place[0]}"
        where += f", position {place[1:]}" if place[1:] else ""
        raise ValueError(
            f"Labels of task {task.name!r} expect {problem.expected}. "
            f"Received: {problem.values[place].tolist()} in {where} "
            f"({int(np.sum(problem.bad))} such in all). {problem.advice}"
        )


def find_problems(task, values):
    """Yields a `Problem` for each rule that labels of a task break.

    Args:
        task: A `mm_keras.tasks.Task`.
        values: Array of labels, `(rows, ...)`.
    """
    for problem in _CHECKS[task.target.kind](task, np.asarray(values)):
        if np.any(problem.bad):
            yield problem


def _check_ids(task, values):
    """Class ids or pair ids; -1 is a missing label."""
    bad = (values < -1) | _no_class(values, task.target.num_classes)
    expected = _class_ids(task) + ", or -1 where unlabelled"
    yield Problem("class", bad, values, expected, _ADVICE)


def _check_mask(task, values):
    """Class ids per pixel; a mask that is -1 throughout is missing."""
    bad = (values < 0) | _no_class(values, task.target.num_classes)
    expected = _class_ids(task) + ", or a mask that is -1 throughout"
    ignored = ignored_class(task)
    if ignored is not None:
        bad &= values != ignored
        expected += f", or ignored pixels of {ignored}"
    if np.any(bad):
        bad &= ~np.all(values == -1, axis=(1, 2, 3), keepdims=True)
    yield Problem("class", bad, values, expected, _ADVICE)


def _no_class(values, count):
    """Whether values are too large for a class id, broken or NaN."""
    limit = np.inf if count is None else count
    if values.dtype.kind in "iu":  # Much faster on masks.
        return values >= limit
    return ~((values < limit) & (values == np.floor(values)))


def _class_ids(task):
    count = task.target.num_classes
    return "whole ids" if count is None else f"class ids from 0 to {count - 1}"


def _check_multi_hot(task, values):
    bad = (values < 0) & (values != -1) | (values > 1)
    expected = "0 or 1 for every class, or -1 or NaN where unlabelled"
    advice = "Turn lists of class ids into zeros and ones first."
    yield Problem("value", bad, values, expected, advice)


def _check_numbers(task, values):
    expected = "finite numbers, or NaN where unlabelled"
    advice = "Remove infinite values."
    yield Problem("infinite", np.isinf(values), values, expected, advice)


def _check_depth(task, values):
    """Depths per pixel; 0 and NaN are unknown."""
    bad = np.isinf(values) | (values < 0)
    expected = "depths above 0, and 0 or NaN where unknown"
    advice = "Turn what has no finite depth, such as the sky, into NaN."
    yield Problem("value", bad, values, expected, advice)


def _check_points(task, values):
    """Both coordinates of a point are relative, or NaN."""
    outside = (values < -TOLERANCE) | (values > 1 + TOLERANCE)
    half = np.isnan(values).sum(axis=-1) == 1
    yield Problem(
        "outside",
        outside.any(axis=-1) | half,
        values,
        "points y, x relative to the image, 0 to 1, or NaN where not visible",
        "Divide pixels by the height and the width of the image.",
    )


def _check_boxes(task, values):
    """One box a row, or several with class ids."""
    boxes, real = values[..., :4], real_boxes(values)
    outside = (boxes < -TOLERANCE) | (boxes > 1 + TOLERANCE)
    yield Problem(
        "outside",
        real & np.any(outside, axis=-1),
        values,
        "coordinates relative to the image, 0 to 1",
        "Divide pixels by the height and the width of the image.",
    )
    yield Problem(
        "order",
        real & np.any(boxes[..., 2:] < boxes[..., :2], axis=-1),
        values,
        "boxes ymin, xmin, ymax, xmax with no maximum below its minimum",
        "Bring the coordinates into this order; `ymin` comes first.",
    )
    if values.shape[-1] == 5:
        labels = values[..., 4]
        unknown = (labels < 0) | _no_class(labels, task.target.num_classes)
        expected = f"{_class_ids(task)} in the fifth column of boxes"
        yield Problem("class", real & unknown, values, expected, _ADVICE)


def real_boxes(values):
    """Which boxes, of any number of columns, are no padding and not missing."""
    missing = np.any(np.isnan(values), axis=-1)
    return ~np.all(values == -1, axis=-1) & ~missing


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
