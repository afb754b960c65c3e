import numpy as np
import tensorflow as tf

from mm_keras.data.class_presence import class_presence
from mm_keras.data.validation.batch import to_batch
from mm_keras.data.validation.reader import check_order
from mm_keras.data.validation.shares import read_labels


def label_presence(targets, tasks):
    """Reads labels in any form that `mm_keras.data.split` takes.

    Args:
        targets: Dictionary or table by task, list of such dictionaries, or
            data set of batches.
        tasks: List of `mm_keras.tasks.Task`.

    Returns:
        Dictionary by task of what `class_presence` returns, of no rows where
        there is no key.
    """
    if isinstance(targets, tf.data.Dataset):
        return _read_batches(targets, tasks)
    if not hasattr(targets, "keys"):
        targets = {
            task.name: [record.get(task.name) for record in targets]
            for task in tasks
        }
    return {
        task.name: class_presence(task, _rows(targets, task.name))
        for task in tasks
    }


def num_rows(targets):
    """Counts the rows of labels, in any form that `label_presence` reads."""
    if isinstance(targets, tf.data.Dataset):
        return sum(to_batch("data", 0, element).rows for element in targets)
    if hasattr(targets, "keys"):
        return max((len(targets[name]) for name in targets), default=0)
    return len(targets)


def _read_batches(dataset, tasks):
    """Returns `class_presence` by task of the batches of a data set."""
    found, first = {task.name: [] for task in tasks}, None
    for element in dataset:
        batch = to_batch("data", 0, element)
        first = first or batch
        for task in tasks:
            found[task.name].append(read_labels(task, batch))
    check_order(dataset, first)
    return {
        name: tuple(np.concatenate(part) for part in zip(*parts, strict=True))
        for name, parts in found.items()
    }


def _rows(targets, name):
    values = targets.get(name, [])
    return values if isinstance(values, list) else np.asarray(values)
