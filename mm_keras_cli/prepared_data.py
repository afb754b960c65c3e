"""Data sets of TFDS as the source of a command."""

import dataclasses
import functools
import re

from mm_keras_cli import quiet
from mm_keras_cli import task_arguments

# The tasks that learn what a data set offers, by kind of target.
TASKS = {
    "box": "localization",
    "boxes": "detection",
    "class": "classification",
    "depth": "depth",
    "labels": "multi_label",
    "mask": "segmentation",
    "number": "regression",
    "points": "keypoints",
    "tags": "tagging",
}
# What builders of TFDS call splits that nobody has labelled.
UNLABELLED = ("unlabelled", "unsupervised")


@dataclasses.dataclass(frozen=True)
class PreparedData:
    """A data set that TFDS knows by name.

    Args:
        name: Its name, with a configuration if it has several.
        data_dir: Folder of prepared data. None means that of TFDS.
    """

    name: str
    data_dir: str | None = None

    @functools.cached_property
    def _builder(self):
        preparing = quiet.load("mm_keras.data.preparing")
        return preparing.find_builder(self.name, self.data_dir)

    @functools.cached_property
    def _entry(self):
        """What the catalog says of the data set, or None."""
        try:
            return quiet.load("mm_keras.data").offers(self.name)
        except ValueError:  # The catalog does not know it, but TFDS may.
            return None

    @property
    def inputs(self):
        """Names of the inputs that are fed unless others are asked for."""
        return ("image",) if self._entry is None else (*self._entry.inputs,)[:1]

    @functools.cached_property
    def offered(self):
        """What is offered as labels: `(kind, arguments)` by feature."""
        if self._entry is None:
            features = quiet.load("mm_keras_cli.prepared_features")
            return features.describe(self._builder.info.features)
        found = {}
        for name, feature in self._entry.features.items():
            number = task_arguments.NUMBERS.get(TASKS.get(feature.kind))
            known = {} if number is None else {number: feature.size}
            found[name] = feature.kind, {**known, **feature.arguments}
        return found

    @property
    def splits(self):
        """Names of the splits that have labels."""
        names = self._builder.info.splits
        return [name for name in names if name not in self.unlabelled]

    @property
    def unlabelled(self):
        """Names of the splits that have none."""
        closed = {*UNLABELLED, *(self._entry.unlabelled if self._entry else ())}
        return [name for name in self._builder.info.splits if name in closed]

    @property
    def varies(self):
        """Whether pictures have various sizes."""
        tfds = quiet.load("tensorflow_datasets")
        return any(
            isinstance(feature, tfds.features.Image) and None in feature.shape
            for feature in self._builder.info.features.values()
        )

    def default_tasks(self):
        """Returns the texts of a task for each feature that has one."""
        texts = [
            f"{TASKS[kind]}:{_name_task(name)}"
            for name, (kind, _) in self.offered.items()
            if kind in TASKS
        ]
        if not texts:
            raise ValueError(
                f"Data set {self.name!r} expects at least one --task: its "
                "labels do not say what they are. Received: none. Write for "
                "example --task regression:NAME."
            )
        return texts

    def suggest(self, kind, feature):
        """Returns arguments of a task: what is known of a feature."""
        found, known = self.offered.get(feature, (None, {}))
        return known if TASKS.get(found) == kind else {}

    def num_classes(self):
        """Returns None: each feature has a number of its own."""

    def class_names(self, task):
        """Returns the names of the classes of a task, or None.

        They are those of the only feature with so many classes. Those of a
        mask are not known: 0 is often, but not always, the background.
        """
        count = task.target.num_classes
        features = quiet.load("mm_keras_cli.prepared_features")
        names = features.class_names(self._builder.info.features)
        found = {known for known in names if len(known) == count}
        if task.target.kind == "mask" or len(found) != 1:
            return None
        return next(iter(found))

    def of_run(self, names):
        """Returns the same: what is on disk has its own classes."""
        return self

    def load(self, split, **options):
        """Loads a split; see `mm_keras.data.load`."""
        data = quiet.load("mm_keras.data")
        return data.load(self.name, split, data_dir=self.data_dir, **options)

    def hold_out(self, split, share, tasks, load):
        """Divides a split in two; see `OwnFiles.hold_out`.

        Raises:
            ValueError: If it is a part of a split already.
        """
        if split not in self.splits:
            raise ValueError(
                f"--validation {share} expects --split with the whole name of "
                f"one of {self.splits}. Received: --split {split}. Name what "
                "to validate on: --validation 'train[90%:]'."
            )
        kept = f"{100 * (1 - share):.0f}%"
        return [{"split": f"{split}[{p}]"} for p in (f":{kept}", f"{kept}:")]


def _name_task(feature):
    """Names a task after a feature, which may be in a group: `a/b`."""
    name = re.sub(r"\W", "_", feature, flags=re.ASCII)
    name = name if name.isidentifier() else f"_{name}"
    return name if name == feature else f"{name}:feature={feature}"
