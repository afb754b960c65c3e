import dataclasses

import numpy as np

from mm_keras.data.class_presence import class_presence
from mm_keras.data.validation.labels import describe_form


@dataclasses.dataclass(eq=False)
class Share:
    """What the labels of a task are in a split.

    Args:
        samples: Number of samples of the split.
        labelled: Number of samples with a label.
        classes: Number of labelled samples that show each class,
            `(num_classes,)`; without entries where labels are no classes.
    """

    samples: int
    labelled: int
    classes: np.ndarray

    @property
    def shares(self):
        """Share of the labelled samples that show each class, 0 to 1."""
        return self.classes / max(1, self.labelled)


class Shares:
    """Counts labels and classes, by task and split.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
    """

    def __init__(self, tasks):
        self._tasks = tasks
        self.counts = {task.name: {} for task in tasks}

    def look(self, batch):
        """Counts the labels of a batch."""
        for task in self._tasks:
            labelled, present = read_labels(task, batch)
            none = Share(0, 0, np.zeros(present.shape[1], "int64"))
            share = self.counts[task.name].setdefault(batch.split, none)
            share.samples += batch.rows
            share.labelled += int(np.sum(labelled))
            share.classes += np.sum(present, axis=0)
        return ()

    def end(self):
        """Shares are no faults."""
        return ()


def read_labels(task, batch):
    """Says which rows of a batch have labels, and which classes they show.

    Args:
        task: A `mm_keras.tasks.Task`.
        batch: A `mm_keras.data.validation.batch.Batch`.

    Returns:
        What `class_presence` does; a row of weight 0 has no label.
    """
    values = batch.targets.get(task.name)
    if values is None or describe_form(task, values):
        return class_presence(task, [None] * batch.rows)
    labelled, present = class_presence(task, values)
    labelled &= ~(batch.weight(task) == 0)
    return labelled, present & labelled[:, None]


def largest_difference(by_split):
    """Returns where the share of a class differs most between two splits.

    Args:
        by_split: Dictionary from the name of a split to its `Share`.

    Returns:
        `(difference, class_id, high, low)`: the difference of the shares, 0 to
        1, the class, and the splits with more and with less of it. None where
        there are no classes, or no two splits with labels.
    """
    shares = {
        split: share.shares
        for split, share in by_split.items()
        if share.labelled and len(share.classes)
    }
    if len(shares) < 2:
        return None
    table = np.stack(list(shares.values()))  # (splits, classes)
    ranges = np.ptp(table, axis=0)
    worst = int(np.argmax(ranges))
    high, low = (
        list(shares)[int(pick(table[:, worst]))]
        for pick in (np.argmax, np.argmin)
    )
    return float(ranges[worst]), worst, high, low
