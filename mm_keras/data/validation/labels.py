import numpy as np

from mm_keras.data.checks import find_problems
from mm_keras.data.checks import Problem
from mm_keras.data.checks import real_boxes
from mm_keras.data.class_presence import has_label
from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import is_numeric


class LabelChecks:
    """Finds labels that are impossible, doubtful or missing.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
    """

    def __init__(self, tasks):
        self._tasks = tasks
        self._labelled = {}
        self._reported = set()

    def look(self, batch):
        """Yields a `Finding` for each fault of a batch."""
        labelled = np.zeros(batch.rows, bool)
        for task in self._tasks:
            used = ~(batch.weight(task) == 0)
            yield from _check_weight(batch, task)
            values = batch.targets.get(task.name)
            found = np.zeros(batch.rows, bool)
            if values is not None and (text := describe_form(task, values)):
                yield from self._report_once(batch, task, "form", text)
                found[:] = True
            elif values is not None:
                yield from _check_values(batch, task, values, used)
                text = _describe_size(batch, task, values)
                yield from self._report_once(batch, task, "size", text)
                found = used & has_label(values, task.target.kind)
            labelled |= found
            key = batch.split, task.name
            self._labelled[key] = self._labelled.get(key) or bool(found.any())
        if self._tasks:
            for row in np.flatnonzero(~labelled):
                text = "has no label for any of the tasks"
                yield batch.finding(row, "labels", "unlabelled", text)

    def end(self):
        """Yields a `Finding` for each task that has no label in a split."""
        for (split, task), labelled in self._labelled.items():
            if not labelled:
                text = "no sample of the split has a label"
                yield Finding(split, None, task, "unlabelled split", text)

    def _report_once(self, batch, task, rule, text):
        """Yields what holds for all batches once for each split."""
        key = batch.split, task.name, rule
        if text and key not in self._reported:
            self._reported.add(key)
            yield Finding(batch.split, None, task.name, rule, text)


def describe_form(task, values):
    """Says what is wrong with the shape or dtype of labels, or None."""
    expected, shape = task.target.shape, values.shape[1:]
    fits = len(shape) == len(expected) and all(
        size in (None, side) for size, side in zip(expected, shape, strict=True)
    )
    if fits and is_numeric(values):
        return None
    return (
        f"expected numbers of shape {expected}, received "
        f"{values.dtype.name} of shape {shape}"
    )


def _describe_size(batch, task, values):
    """Says that a mask has not the size of the picture, or None."""
    pictures = [v for v in batch.inputs.values() if v.ndim == 4]
    if task.target.kind not in ("mask", "depth") or len(pictures) != 1:
        return None
    size, received = pictures[0].shape[1:3], values.shape[1:3]
    if size == received:
        return None
    return f"expected the size of the picture, {size}, received {received}"


def _check_weight(batch, task):
    weight = batch.weight(task)
    for row in np.flatnonzero(~(np.isfinite(weight) & (weight >= 0))):
        text = f"expected a weight of at least 0, received {weight[row]:g}"
        yield batch.finding(row, task.name, "weight", text)


def _check_values(batch, task, values, used):
    """Yields what is wrong with the labels of the rows that are used."""
    missing = used & ~has_label(values, task.target.kind)
    for problem in (*find_problems(task, values), *_find_doubts(task, values)):
        bad = np.any(problem.bad.reshape(batch.rows, -1), axis=1)
        for row in np.flatnonzero(used & bad):
            text = _sentence(problem, row)
            yield batch.finding(row, task.name, problem.rule, text)
        missing &= ~bad
    for row in np.flatnonzero(missing):
        text = "the label is missing, but its weight is not 0"
        yield batch.finding(row, task.name, "missing", text)


def _sentence(problem, row):
    """What is wrong with one row: `expected ..., received ...`."""
    value = np.round(np.float64(problem.values[problem.first(row)]), 4)
    more = int(np.sum(problem.bad[row])) - 1
    others = f" and {more} more" if more else ""
    return f"expected {problem.expected}, received {value.tolist()}{others}"


def _find_doubts(task, values):
    """Yields a `Problem` for what boxes may be, but hardly should."""
    kind = task.target.kind
    if kind in ("box", "boxes"):
        real = real_boxes(values)
        flat = np.any(values[..., 2:4] == values[..., :2], axis=-1)
        yield Problem("no area", real & flat, values, "boxes with an area", "")
        if kind == "boxes":
            twice = _repeated(values, real)
            yield Problem("twice", twice, values, "each box once", "")


def _repeated(values, real):
    """Which boxes, with their classes, have come before in their row."""
    bad = np.zeros(real.shape, bool)
    for row in np.flatnonzero(real.any(axis=1)):
        seen = set()
        for place in np.flatnonzero(real[row]):
            box = values[row, place].tobytes()
            bad[row, place] = box in seen
            seen.add(box)
    return bad
