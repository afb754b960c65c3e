import operator
import re

import keras
import tensorflow as tf

from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import to_batch
from mm_keras.data.validation.copies import digests_of


class Reader:
    """Reads the batches of a split, up to the first that cannot be read.

    Args:
        split: Name of the split.
        dataset: Batches, in the same order whenever they are read.
        verbose: 1 shows a progress bar.

    Raises:
        ValueError: If the data set does not end.
    """

    def __init__(self, split, dataset, verbose=0):
        self.split, self.dataset, self.verbose = split, dataset, verbose
        self.samples = 0
        self._count = _count_batches(dataset)
        self._unreadable = []

    def __iter__(self):
        """Yields each `Batch`."""
        bar = keras.utils.Progbar(self._count, verbose=self.verbose)
        first = None
        for step, element in enumerate(self._elements()):
            batch = to_batch(self.split, self.samples, element)
            first = first or batch
            self.samples += batch.rows
            yield batch
            bar.update(step + 1)
        check_order(self.dataset, first)

    def findings(self):
        """Returns a `Finding` for each fault of the reading itself."""
        left_out = [
            Finding(
                self.split,
                None,
                fault.field,
                "left out",
                fault.problem,
                fault.sample,
            )
            for fault in getattr(self.dataset, "faults", ())
        ]
        findings = left_out + self._unreadable
        if not self.samples:
            findings.append(self._about_all("empty", "there are no samples"))
        return findings

    def names(self):
        """Returns the names of the samples, or None if they have none."""
        names = getattr(self.dataset, "samples", ())
        return names if len(names) >= self.samples > 0 else None

    def _elements(self):
        elements = iter(self.dataset)
        while True:
            try:
                element = next(elements, None)
            except tf.errors.OpError as error:
                text = f"cannot be read after {self.samples} samples: "
                text += describe_error(error)
                self._unreadable.append(self._about_all("unreadable", text))
                return
            if element is None:
                return
            yield element

    def _about_all(self, rule, problem):
        return Finding(self.split, None, "data", rule, problem)


def check_order(dataset, first):
    """Raises if the first batch is another one when it is read again.

    Only once all batches have been read: one that keeps them in memory would
    start anew.

    Args:
        dataset: Batches.
        first: Its first `Batch`, or None if there are none.

    Raises:
        ValueError: If their inputs differ.
    """
    if first is None or not isinstance(dataset, tf.data.Dataset):
        return
    again = to_batch(first.split, 0, next(iter(dataset)))
    for name, values in first.inputs.items():
        if digests_of(values) != digests_of(again.inputs[name]):
            raise ValueError(
                f"Data set {first.split!r} expects the same samples in the "
                "same order whenever it is read, so that one can be found "
                f"again by its number. Received: another first batch of "
                f"{name!r} at the second reading. Pass `shuffle=False`, and no "
                "augmentation."
            )


def describe_error(error):
    """Returns what TensorFlow says of an error, without the names of nodes."""
    text = re.sub(r"\{\{.*?\}\}", "", error.message)
    return " ".join(text.replace("[[]]", "").split())


def _count_batches(dataset):
    """Returns the number of batches, or None where it is unknown."""
    if not isinstance(dataset, tf.data.Dataset):
        return operator.length_hint(dataset) or None
    count = int(dataset.cardinality())
    if count == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "Validation expects a data set that ends. Received: one that is "
            "repeated for ever. Validate it before `repeat()`."
        )
    return count if count > 0 else None
