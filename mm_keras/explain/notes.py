"""What there is to draw of a batch, a dictionary for each of its pictures."""

import numpy as np


def truth(targets, tasks, *, sample_weights=None, names=None):
    """Says what to draw of the labels of a batch, picture by picture.

    Boxes and points are drawn, and the first mask; classes, labels and numbers
    become a line of text. Tasks of other kinds are left out.

    Args:
        targets: Labels by task, each of shape `(batch, ...)`, as data sets
            give them.
        tasks: List of `mm_keras.tasks.Task`.
        sample_weights: Weights by task, each of shape `(batch,)`: rows of
            weight 0 have no label. None means that all have one.
        names: List of the names of the classes, for the text, or a dictionary
            of such lists by task. None shows their ids.

    Returns:
        List of dictionaries, a row of `mm_keras.explain.gallery`.

    Example:

    >>> tasks = [mm_keras.tasks.multi_label("present", 3)]
    >>> mm_keras.explain.truth({"present": np.array([[1, 0, 1]])}, tasks)
    [{'caption': 'present: 0, 2'}]
    """
    return _notes(targets, tasks, _LABELS, sample_weights or {}, names)


def prediction(outputs, tasks, *, names=None):
    """Says what to draw of what a model predicts, picture by picture.

    Args:
        outputs: What `mm_keras.serving_model` predicts for a batch: arrays of
            shape `(batch, ...)` by name.
        tasks: List of the `mm_keras.tasks.Task` of the model.
        names: List of the names of the classes, for the text, or a dictionary
            of such lists by task. None shows their ids.

    Returns:
        List of dictionaries, a row of `mm_keras.explain.gallery`.

    Example:

    >>> tasks = [mm_keras.tasks.multi_label("present", 3)]
    >>> outputs = {"present": np.array([[0.9, 0.1, 0.2]])}
    >>> mm_keras.explain.prediction(outputs, tasks, names=["a", "b", "c"])
    [{'caption': 'present: a'}]
    """
    join = {"boxes": _detections, "points": _keypoints}
    grouped = {
        task.name: join[task.target.kind](outputs, task.name)
        if task.target.kind in join
        else outputs[task.name]
        for task in tasks
    }
    return _notes(grouped, tasks, _PREDICTIONS, {}, names)


def _detections(outputs, name):
    """Returns detections as rows: box, class and score."""
    boxes, classes, scores = (
        np.asarray(outputs[f"{name}_{part}"])
        for part in ("boxes", "classes", "scores")
    )
    return np.concatenate(
        [boxes, classes[..., None], scores[..., None]], axis=-1
    )


def _keypoints(outputs, name):
    """Returns points, NaN where they are more likely not visible."""
    points, scores = (
        np.asarray(outputs[f"{name}_{part}"]) for part in ("points", "scores")
    )
    return np.where(scores[..., None] >= 0.5, points, np.nan)


def _notes(values, tasks, drawers, weights, names):
    """Returns a note for each row, of all tasks that can be drawn."""
    values = {name: np.asarray(value) for name, value in values.items()}
    weights = {name: np.asarray(weight) for name, weight in weights.items()}
    notes = [{} for _ in range(max(map(len, values.values()), default=0))]
    for task in tasks:
        draw = drawers.get(task.target.kind)
        if draw is None or task.name not in values:
            continue
        known = names.get(task.name) if isinstance(names, dict) else names
        for row, value in enumerate(values[task.name]):
            if task.name not in weights or weights[task.name][row] > 0:
                _add(notes[row], draw(value, task.name, known))
    return notes


def _add(note, part):
    """Adds what there is to draw of one more task."""
    for key, value in part.items():
        if key not in note:
            note[key] = value
        elif key == "caption":
            note[key] += f"; {value}"
        elif key != "mask":
            note[key] = np.concatenate([note[key], value])


def _boxes(rows, task, names):
    return {"boxes": rows[:, :4], "classes": rows[:, 4]}


def _scored_boxes(rows, task, names):
    return {**_boxes(rows, task, names), "scores": rows[:, 5]}


def _box(box, task, names):
    return {"box": box[None]}


def _points(points, task, names):
    return {"points": points}


def _mask(mask, task, names):
    return {"mask": mask}


def _class(class_id, task, names):
    return {"caption": f"{task}: {_name(class_id, names)}"}


def _highest(probabilities, task, names):
    return _class(probabilities.argmax(), task, names)


def _labels(present, task, names):
    """Takes probabilities as well."""
    ids = np.flatnonzero(present > 0.5)
    shown = ", ".join(_name(class_id, names) for class_id in ids)
    return {"caption": f"{task}: {shown or 'none'}"}


def _numbers(numbers, task, names):
    shown = ", ".join(
        f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
        for number in numbers.ravel()
    )
    return {"caption": f"{task}: {shown}"}


def _name(class_id, names):
    return str(class_id) if names is None else names[class_id]


_LABELS = {
    "box": _box,
    "boxes": _boxes,
    "class": _class,
    "labels": _labels,
    "mask": _mask,
    "number": _numbers,
    "points": _points,
}
_PREDICTIONS = {**_LABELS, "boxes": _scored_boxes, "class": _highest}
