"""What all formats of a user's files end in: a source, and its batches."""

import dataclasses
import re

from mm_keras.data import derived
from mm_keras.data import faults
from mm_keras.data import pipeline
from mm_keras.data.files import fault_policy
from mm_keras.data.files import records


@dataclasses.dataclass(frozen=True)
class Source:
    """Samples of a user's files, read and checked.

    Args:
        name: What the data set is called in messages.
        split: What the part of it is called that is loaded.
        records: List of `Record` of the samples that are left.
        faults: `Faults` of what was left out.
        total: Number of samples, those that are left out included.
        class_names: Names of the classes.
        inputs: Dictionary from a modality to what offers its column.
        features: Dictionary from a feature to what offers its column.
        derived: Dictionary of the features that follow from others, see
            `mm_keras.data.derived`.
    """

    name: str
    split: str
    records: list
    faults: faults.Faults
    total: int
    class_names: object
    inputs: dict
    features: dict
    derived: dict = dataclasses.field(default_factory=dict)

    def batches(self, tasks, policy, *, shuffle, **options):
        """Makes batches, once the policy has settled the faults."""
        if shuffle is None:
            shuffle = is_called_train(self.split)
        policy.settle(
            self.faults,
            name=self.name,
            total=self.total,
            stacklevel=3,  # The line that called the loader.
        )
        if not self.records:
            table = self.faults.table(fault_policy.ROWS)
            raise ValueError(
                "Data expects at least one sample. Received: none in "
                f"{self.name}, of {self.total} with faults. Look at the files "
                f"and at the names of the classes:\n{table}"
            )
        dataset = pipeline.batches(
            self._examples(),
            self.name,
            tasks=tasks,
            paths=self._pictures(),
            derived=self.derived,
            shuffle=shuffle,
            **options,
        )
        dataset.faults = self.faults
        dataset.class_names = self.class_names
        dataset.samples = [record.name for record in self.records]
        return dataset

    def _examples(self):
        examples = records.to_examples(
            self.records, inputs=self.inputs, features=self.features
        )
        return examples.map(
            lambda inputs, features: (
                inputs,
                derived.add(features, self.derived),
            )
        )

    def _pictures(self):
        """Modalities whose values are paths of pictures."""
        return tuple(
            modality
            for modality, offer in self.inputs.items()
            if offer is records.paths
        )


def is_called_train(name):
    """Whether a word of a name begins with "train"."""
    return re.search(r"(?<![^\W_])train", str(name).lower()) is not None


def choose(available, samples, name, found):
    """Returns the chosen ones of the names of samples, in the order asked.

    Faults of others no longer count.

    Args:
        available: List of the names that there are.
        samples: List of names, or None for all.
        name: What the data set is called.
        found: A `Faults`.

    Raises:
        ValueError: If there is no sample of a name.
    """
    if samples is None:
        return list(available)
    known = set(available)
    unknown = [sample for sample in samples if sample not in known]
    if unknown:
        raise ValueError(
            f"Argument `samples` expects names of the {len(known)} samples of "
            f"{name}, such as {list(available)[:3]}. Received: "
            f"{len(unknown)} others, {unknown[:3]}. The attribute `samples` "
            "of a data set lists the names."
        )
    chosen = dict.fromkeys(samples)
    found[:] = [fault for fault in found if fault.sample in chosen]
    return list(chosen)


def check_tasks(tasks, classes, name):
    """Raises unless the tasks have as many classes as the files.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
        classes: Names of the classes.
        name: What the data set is called.

    Raises:
        ValueError: If a task has another number of classes; a mask has one
            more, for the background.
    """
    for task in tasks:
        background = task.target.kind == "mask"
        expected = len(classes) + background
        if task.target.num_classes in (None, expected):
            continue
        raise ValueError(
            f"Task {task.name!r} expects num_classes={expected}"
            f"{' (with the background)' if background else ''} for the classes "
            f"of {name}: {list(classes)}. Received: "
            f"num_classes={task.target.num_classes}. Make the task anew, or "
            "say with `classes` which classes there are."
        )
