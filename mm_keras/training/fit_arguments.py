"""What users leave out when they call `fit` and `evaluate`."""

import contextlib
import warnings

import numpy as np


def writers_first(callbacks):
    """Returns callbacks, those that write to the logs first."""
    if not isinstance(callbacks, list | tuple):
        return callbacks
    return sorted(callbacks, key=lambda c: not getattr(c, "writes_logs", False))


def with_all_weights(y, arguments):
    """Returns arguments of `fit` in which weights name every task.

    Keras wants as many weights as targets; tasks that the weights do not name
    get ones.

    Args:
        y: Targets, a dictionary of arrays. Anything else passes.
        arguments: Keyword arguments; `sample_weight` and `validation_data`
            are completed.
    """
    arguments = dict(arguments)
    weights = complete(y, arguments.get("sample_weight"))
    if weights is not None:
        arguments["sample_weight"] = weights
    validation = arguments.get("validation_data")
    if isinstance(validation, tuple) and len(validation) == 3:
        x, y, weights = validation
        arguments["validation_data"] = (x, y, complete(y, weights))
    return arguments


def complete(y, weights):
    """Returns weights for every task of `y`, 1 where none are given."""
    if not isinstance(y, dict) or not isinstance(weights, dict):
        return weights
    ones = {name: np.ones(len(value), "float32") for name, value in y.items()}
    return {**ones, **weights}


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
