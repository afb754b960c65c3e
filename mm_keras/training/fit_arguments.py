"""What users leave out when they call `fit` and `evaluate`."""

import contextlib
import warnings

import numpy as np

from mm_keras.data import arrays


def writers_first(callbacks):
    """Returns callbacks, those that write to the logs first."""
    if not isinstance(callbacks, list | tuple):
        return callbacks
    return sorted(callbacks, key=lambda c: not getattr(c, "writes_logs", False))


def labelled(tasks, y, arguments):
    """Returns targets and other arguments of `fit`, with labels looked at.

    Where the targets are arrays, an impossible label raises before any
    training, and missing ones get weight 0, as in `mm_keras.data.from_arrays`.
    Weights name every task then, as Keras wants it.

    Args:
        tasks: List of the tasks whose labels are those of their targets.
        y: Targets, a dictionary of arrays. Anything else passes.
        arguments: Keyword arguments; `sample_weight` and `validation_data`
            are completed.
    """
    arguments = dict(arguments)
    y, weights = complete(tasks, y, arguments.get("sample_weight"))
    if weights is not None:
        arguments["sample_weight"] = weights
    validation = arguments.get("validation_data")
    if isinstance(validation, tuple):
        x, *labels = validation
        arguments["validation_data"] = (x, *complete(tasks, *labels))
    return y, arguments


def complete(tasks, y=None, weights=None):
    """Returns arrays of labels and their weights; None where all are 1."""
    named = isinstance(weights, dict | None)
    if not named or not isinstance(y, dict) or not y:
        return y, weights
    if not all(isinstance(value, np.ndarray) for value in y.values()):
        return y, weights
    ones = {name: np.ones(len(value), "float32") for name, value in y.items()}
    given = {**ones, **(weights or {})}
    checked = [task for task in tasks if task.name in y]
    rows = len(next(iter(y.values())))
    labels, filled = arrays.label_arrays(y, checked, given, rows)
    filled = {**given, **_to_numpy(filled)}
    if weights is None and all(np.all(w == 1) for w in filled.values()):
        filled = None
    return {**y, **_to_numpy(labels)}, filled


def _to_numpy(tensors):
    return {name: np.asarray(tensor) for name, tensor in tensors.items()}


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
