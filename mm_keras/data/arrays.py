import numpy as np
import tensorflow as tf

from mm_keras.data import epochs
from mm_keras.data.checks import check_labels
from mm_keras.data.unlabelled import fill_unlabelled


def from_arrays(
    inputs,
    targets,
    *,
    tasks,
    sample_weights=None,
    batch_size=32,
    shuffle=False,
    seed=None,
    first_epoch=0,
    drop_remainder=False,
):
    """Makes batches that `fit` takes from arrays in memory.

    Every label is looked at first: an impossible one raises here, before any
    training.

    Args:
        inputs: Dictionary of arrays by modality; the first axis is the rows.
        targets: Dictionary of labels by task: arrays of the shapes that
            `mm_keras.tasks.Target` lists. A task without a key is unlabelled.
            Boxes may be a list with an array `(n, 5)` per row, of any `n`:
            they are padded, and the largest kept where there are too many.
            Tags may be a list per text, of any length: they are cut and padded.
            Numbers may lack the last axis where it is 1.
        tasks: List of `mm_keras.tasks.Task`.
        sample_weights: Dictionary of arrays `(rows,)` by task. None means 1
            wherever there is a label.
        batch_size: Number of rows per batch.
        shuffle: Whether every epoch has a new order.
        seed: Seed of the order, which follows from it and from the number of
            the epoch. None takes one from the seed of Keras.
        first_epoch: Number of the epoch that is read first.
        drop_remainder: Whether to drop the last, smaller batch.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`.

    Raises:
        ValueError: If names, lengths or shapes do not fit, or a label is
            impossible: the message names task, row and value.

    Example:

    >>> dataset = mm_keras.data.from_arrays(
    ...     {"table": np.zeros((3, 6), "float32")},
    ...     {"digit": np.array([7, -1, 2])},
    ...     tasks=[mm_keras.tasks.classification("digit", 10)],
    ... )
    >>> next(iter(dataset))[2]["digit"].numpy()
    array([1., 0., 1.], dtype=float32)
    """
    weights = dict(sample_weights or {})
    names = [task.name for task in tasks]
    _check_names("targets", targets, names)
    _check_names("sample_weights", weights, names)
    inputs = {name: _as_input(value) for name, value in inputs.items()}
    rows = _count_rows(inputs, targets, weights)
    labels, weights = label_arrays(targets, tasks, weights, rows)
    dataset = tf.data.Dataset.from_tensor_slices((inputs, labels, weights))
    if shuffle:
        dataset = epochs.in_epochs(
            dataset, seed=seed, first_epoch=first_epoch, room=rows
        ).map(lambda _, row: row)
    dataset = dataset.batch(batch_size, drop_remainder=drop_remainder)
    return dataset.prefetch(tf.data.AUTOTUNE)


def label_arrays(targets, tasks, sample_weights, rows):
    """Checks labels and brings them into the form that losses read.

    Args:
        targets: Dictionary of labels by task, as in `from_arrays`.
        tasks: List of `mm_keras.tasks.Task`.
        sample_weights: Dictionary of arrays `(rows,)` by task. What is not
            labelled, of weight 0, may be anything.
        rows: Number of rows.

    Returns:
        Labels and weights for every task, as `fill_unlabelled` gives them.

    Raises:
        ValueError: If a label is impossible.
    """
    labels = {
        task.name: _as_labels(
            task, targets[task.name], sample_weights.get(task.name)
        )
        for task in tasks
        if task.name in targets
    }
    return fill_unlabelled(
        labels, tasks, batch_size=rows, sample_weights=sample_weights
    )


def _check_names(argument, given, names):
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise ValueError(
            f"Argument `{argument}` expects names of tasks: {names}. Received: "
            f"{unknown}. Rename the keys, or add tasks of these names."
        )


def _as_input(value):
    """Returns an array; real numbers become float32."""
    value = np.asarray(value)
    return value.astype("float32") if value.dtype.kind == "f" else value


def _count_rows(inputs, targets, weights):
    if not inputs:
        raise ValueError(
            "Argument `inputs` expects a dictionary with at least one array. "
            "Received: an empty one. Give arrays by modality."
        )
    lengths = {
        f"{group}[{name!r}]": len(value)
        for group, arrays in [
            ("inputs", inputs),
            ("targets", targets),
            ("sample_weights", weights),
        ]
        for name, value in arrays.items()
    }
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "Inputs, targets and sample weights expect the same number of "
            f"rows. Received: {lengths}. Fill missing labels with -1 or NaN."
        )
    return next(iter(lengths.values()))


def _as_labels(task, values, weight=None):
    """Returns a checked array of the shape and dtype of the target."""
    target = task.target
    if target.kind == "boxes":
        values = _stack_boxes(task, values)
    if target.kind == "tags":
        values = _stack_tags(task, values)
    values = in_form(task, np.asarray(values))
    labelled = slice(None) if weight is None else np.asarray(weight) > 0
    check_labels(task, values[labelled])
    if target.kind == "boxes":
        values = np.stack([_largest(v, target.shape[0]) for v in values])
    return values.astype(target.dtype)


def in_form(task, values):
    """Returns an array of labels in the shape of its target, or raises.

    An axis of length 1 may be missing, or too many.
    """
    kind, shape = task.target.kind, task.target.shape
    if kind == "number" and values.ndim == 1 and shape == (1,):
        values = values[:, None]
    if kind in ("mask", "depth") and values.ndim == 3:
        values = values[..., None]
    if kind in ("class", "pair") and values.shape[1:] == (1,):
        values = values[:, 0]
    _check_form(task, values)
    return values


def _check_form(task, values):
    """Raises unless shape and dtype are those of numeric labels."""
    shape = list(task.target.shape)
    if task.target.kind == "boxes":
        shape[0] = None
    expected = tf.TensorShape([len(values), *shape])
    fits = expected.is_compatible_with(values.shape)
    if not fits or values.dtype.kind not in "biuf":
        raise ValueError(
            f"Labels of task {task.name!r} expect numbers of shape "
            f"{tuple(expected)}. Received: {values.dtype} of shape "
            f"{values.shape}. See `mm_keras.tasks.Target` for the form of "
            "each kind of label."
        )


def _stack_boxes(task, rows):
    """Joins an array `(n, 5)` per row into one, padded with -1."""
    rows = [np.asarray(row, "float32") for row in rows]
    rows = [row.reshape(0, 5) if row.size == 0 else row for row in rows]
    for number, row in enumerate(rows):
        if row.ndim != 2 or row.shape[1] != 5:
            raise ValueError(
                f"Labels of task {task.name!r} expect boxes of shape (n, 5): "
                "ymin, xmin, ymax, xmax, class id. Received: shape "
                f"{row.shape} in row {number}. Add the class as the fifth "
                "column."
            )
    most = max([task.target.shape[0], *map(len, rows)])
    return np.stack([_pad(row, most) for row in rows])


def _stack_tags(task, rows):
    """Joins a list of tags per text into one array, cut or padded with -1."""
    (length,) = task.target.shape
    stacked = np.full((len(rows), length), -1.0)
    for number, tags in enumerate(map(np.asarray, rows)):
        if tags.ndim != 1:
            raise ValueError(
                f"Labels of task {task.name!r} expect a list of class ids, one "
                f"for each token. Received: shape {tags.shape} in row "
                f"{number}. Give a list, or an array of one axis, per text."
            )
        stacked[number, : len(tags)] = tags[:length]
    return stacked


def _pad(boxes, count):
    missing = ((0, count - len(boxes)), (0, 0))
    return np.pad(boxes, missing, constant_values=-1.0)


def _largest(boxes, count):
    """Keeps the largest boxes, in their order."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    areas = np.where(boxes[:, 4] < 0, -1.0, areas)
    return boxes[np.sort(np.argsort(-areas, kind="stable")[:count])]
