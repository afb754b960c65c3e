"""What users leave out when they call `fit` and `evaluate`."""

import contextlib
import warnings

import numpy as np

from mm_keras.data import arrays
from mm_keras.data.checks import check_labels
from mm_keras.data.class_presence import has_label


def writers_first(callbacks):
    """Returns callbacks, those first that write to the logs or ask for it."""
    if not isinstance(callbacks, list | tuple):
        return callbacks
    first = ("writes_logs", "goes_first")
    return sorted(
        callbacks, key=lambda c: not any(getattr(c, f, False) for f in first)
    )


def with_checked_labels(tasks, y, arguments):
    """Returns targets and other arguments of `fit`, with labels looked at.

    Where the targets are arrays, an impossible label raises before any
    training, and missing ones get weight 0, as in `mm_keras.data.from_arrays`.
    Weights name every task then, as Keras wants it.

    Args:
        tasks: List of the tasks whose labels are those of their targets.
        y: Targets, a dictionary by task. Anything else passes.
        arguments: Keyword arguments; `sample_weight` and `validation_data`
            are completed.
    """
    arguments = dict(arguments)
    y, weights = check_and_weigh(tasks, y, arguments.get("sample_weight"))
    if weights is not None:
        arguments["sample_weight"] = weights
    validation = arguments.get("validation_data")
    if isinstance(validation, tuple):
        x, *labels = validation
        arguments["validation_data"] = (x, *check_and_weigh(tasks, *labels))
    return y, arguments


def check_and_weigh(tasks, y=None, weights=None):
    """Returns targets by task and their weights; None where all are 1."""
    if not isinstance(y, dict) or not isinstance(weights, dict | None):
        return y, weights
    ones = {name: np.ones(len(value), "float32") for name, value in y.items()}
    y, weighed = dict(y), {**ones, **(weights or {})}
    for task in tasks:
        if isinstance(y.get(task.name), np.ndarray):
            y[task.name], weighed[task.name] = checked(
                task, y[task.name], np.asarray(weighed[task.name])
            )
    if weights is None and all(np.all(w == 1) for w in weighed.values()):
        return y, None
    return y, weighed


def checked(task, values, weight):
    """Returns labels that a loss can read, and what each row of them weighs.

    They are copied only where some are missing.
    """
    values = arrays.in_form(task, values)
    counted = weight > 0
    check_labels(task, values if np.all(counted) else values[counted])
    missing = ~has_label(values, task.target.kind)
    if np.any(missing):
        values = values.copy()
        values[missing] = task.target.filler
        weight = np.where(missing, 0.0, weight)
    return values, weight


def warnings_for(y, tasks):
    """Keeps Keras from warning about weights that a batch cannot train.

    A batch without targets of a task leaves its head as it is: no mistake.

    Args:
        y: Targets of the batch, by task.
        tasks: Names of all tasks.

    Returns:
        A context manager. Where no task is missing, Keras warns as usual.
    """
    if set(y) == set(tasks):
        return contextlib.nullcontext()
    return without_warnings("Gradients do not exist")


def warnings_at_end(steps):
    """Keeps Keras from warning that data of unknown length has an end.

    The warning is about too few batches for `steps_per_epoch`, and comes where
    none are asked for too.

    Args:
        steps: Number of batches that were asked for, or None for all.

    Returns:
        A context manager. Where a number was asked for, Keras warns as usual.
    """
    if steps is not None:
        return contextlib.nullcontext()
    return without_warnings("Your input ran out of data")


@contextlib.contextmanager
def without_warnings(message):
    """Ignores warnings that begin with a message."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message)
        yield
