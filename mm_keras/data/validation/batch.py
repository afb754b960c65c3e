import dataclasses

import numpy as np
import tensorflow as tf

# Inputs of fewer bytes a row (numbers of a table, a few words) repeat, or are
# all equal, without anything being wrong.
LONG = 256


@dataclasses.dataclass(frozen=True)
class Finding:
    """A fault and its place.

    Args:
        split: Name of the split.
        row: Number of the sample in the split, from 0; None if it is about the
            split as a whole.
        field: Name of the input or of the task.
        rule: The kind of fault in a few words, by which faults are counted.
        problem: What is wrong with this sample, in one sentence.
        sample: Name of what is not among the samples, such as a corrupt file.
    """

    split: str
    row: int | None
    field: str
    rule: str
    problem: str
    sample: str | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """A batch in NumPy.

    Args:
        split: Name of the split.
        start: Number of its first row in the split.
        inputs: Dictionary of arrays by modality.
        targets: Dictionary of arrays by task.
        weights: Dictionary of arrays `(rows,)` by task.
    """

    split: str
    start: int
    inputs: dict
    targets: dict
    weights: dict

    @property
    def rows(self):
        return len(next(iter(self.inputs.values())))

    def finding(self, row, *about):
        """Returns a `Finding` about one of the rows of the batch."""
        return Finding(self.split, self.start + int(row), *about)

    def weight(self, task):
        """Weights of a task: 0 where unlabelled, 1 unless the batch says."""
        return self.weights.get(task.name, np.ones(self.rows, "float32"))

    def present(self, modality):
        """Which rows have a modality that may be absent."""
        given = self.inputs.get(f"{modality}_present", np.ones(self.rows))
        return np.asarray(given) > 0


def is_numeric(values):
    """Whether an array holds numbers or booleans, and not texts."""
    return values.dtype.kind in "biuf"


def to_batch(split, start, element):
    """Turns an element of a data set into a `Batch`.

    Raises:
        ValueError: If it is not `(inputs, targets, sample_weights)` or
            `(inputs, targets)`, dictionaries of tensors or arrays.
    """
    parts = element if isinstance(element, tuple | list) else [element]
    if len(parts) not in (2, 3) or not all(isinstance(p, dict) for p in parts):
        raise ValueError(
            "Validation expects batches (inputs, targets, sample_weights) of "
            "dictionaries, as `mm_keras.data.load` makes them for a list of "
            f"tasks. Received: {_describe(element)} in split {split!r}. Pass "
            "`tasks` when the data is loaded, and name inputs and targets."
        )
    inputs, targets, weights = (*parts, {})[:3]
    arrays = [
        {name: _to_array(value) for name, value in part.items()}
        for part in (inputs, targets, weights)
    ]
    if not inputs:
        raise ValueError(
            "Validation expects batches with at least one input. Received: "
            f"none in split {split!r}. Name those to be looked at."
        )
    return Batch(split, start, *arrays)


def _to_array(value):
    if isinstance(value, tf.RaggedTensor):
        raise ValueError(
            "Validation expects tensors of one shape. Received: a ragged one "
            f"of shape {value.shape}. Pass `tasks` when the data is loaded."
        )
    return value.numpy() if tf.is_tensor(value) else np.asarray(value)


def _describe(element):
    if isinstance(element, tuple | list):
        return f"({', '.join(_describe(part) for part in element)})"
    return type(element).__name__
