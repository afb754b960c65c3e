"""A user's own files as the source of a command."""

import dataclasses
import pathlib
import warnings

from mm_keras_cli import quiet

SPLIT = "{split}"
# The kinds of targets that have classes, by the tasks that learn them.
TARGETS = {
    "classification": "class",
    "detection": "boxes",
    "multi_label": "labels",
    "segmentation": "mask",
}
# As many samples of a run may be left out as faulty: a share.
MAX_FAULTS = 0.1


@dataclasses.dataclass(frozen=True)
class OwnFiles:
    """Files in one of the formats that `mm_keras.data` reads.

    Args:
        path: Path of the file or folder, with `{split}` for what differs
            between splits.
        images: Path of the folder of the pictures, likewise, or None.
        splits: Names of the splits; the classes are those of the first.
        names: Dictionary of the names of the classes, by feature, where they
            are known already.
        max_faults: How many samples may be left out as faulty, a share; None
            for any number.
    """

    path: str
    images: str | None = None
    splits: tuple = (None,)
    names: dict = dataclasses.field(default_factory=dict)
    max_faults: float | None = None

    # Pictures of such files have various sizes.
    varies = True
    inputs = ("image",)
    tasks = ()
    # Whether each feature has classes of its own.
    by_feature = False
    with_classes = ("class", "boxes", "labels", "mask")
    # The feature that counts the objects of each class.
    counts = ("counts",)
    # Whether the files themselves say which samples are in a split.
    lists_splits = False
    # Whether there are labels is not known beforehand.
    unlabelled = ()

    def default_tasks(self):
        """Returns the texts of the tasks that such files have labels for."""
        if not self.tasks:
            raise ValueError(
                f"{self.path} expects at least one --task, with the name of a "
                "column. Received: none. Write for example "
                "--task classification:COLUMN."
            )
        return list(self.tasks)

    def at(self, split):
        """Returns the path of a split."""
        return pathlib.Path(self.path.replace(SPLIT, split or SPLIT))

    def images_at(self, split):
        """Returns the folder of the pictures of a split, or None."""
        return self.images and self.images.replace(SPLIT, split or SPLIT)

    def classes(self, feature=None):
        """Returns the names of the classes, in the order of their ids."""
        known = self.names.get(feature if self.by_feature else None)
        if known is not None:
            return known
        data = quiet.load("mm_keras.data")
        return data.class_names(self.at(self.splits[0]), feature)

    def num_classes(self):
        """Returns the number of classes; None if each feature has its own."""
        return None if self.by_feature else len(self.classes())

    def class_names(self, task):
        """Returns the names of the classes of a task, or None."""
        if task.target.kind not in self.with_classes:
            return None
        return tuple(self.classes(task.target.feature or task.name)) or None

    def suggest(self, kind, feature):
        """Returns arguments of a task: the number of classes."""
        if kind == "regression" and feature in self.counts:
            return {"units": len(self.classes())}
        if TARGETS.get(kind) not in self.with_classes:
            return {}
        count = len(self.classes(feature))
        if kind == "segmentation" and count:
            count += 1  # The background.
        return {"num_classes": count} if count else {}

    def of_run(self, names):
        """Returns the same as a training reads it: few faults, fixed classes.

        Args:
            names: Dictionary of the names of the classes by feature; empty
                for those that are found.
        """
        if names and not self.by_feature:
            names = {None: next(iter(names.values()))}
        return dataclasses.replace(self, names=names, max_faults=MAX_FAULTS)

    def load(self, split, **options):
        """Loads a split without what is faulty; its `faults` list that.

        Raises:
            ValueError: If several splits would be the same files.
        """
        places = SPLIT in self.path or self.lists_splits
        splits = list(dict.fromkeys([*self.splits, split]))
        if len(splits) > 1 and not places:
            raise ValueError(
                f"{self.path} expects {SPLIT} in the path where splits have "
                f"files of their own. Received: splits {splits} of the same "
                f"files. Write for example '{SPLIT}.json'."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They repeat the faults.
            return self.read(
                split, on_fault="skip", max_faults=self.max_faults, **options
            )

    def hold_out(self, split, share, tasks, load):
        """Divides a split in two, in which all tasks have their classes.

        Args:
            split: Name of the split.
            share: Share of the samples that are held out, 0 to 1.
            tasks: List of `mm_keras.tasks.Task`.
            load: Function that loads what arguments of `load` say.

        Returns:
            Two dictionaries of arguments of `load`: of what is left, and of
            what is held out.
        """
        data = quiet.load("mm_keras.data")
        whole = load(split=split, shuffle=False)
        tell_left_out(split or self.path, whole)
        shares = {"left": 1 - share, "held out": share}
        rows = data.split(whole, tasks=tasks, shares=shares)
        return [
            {"split": split, "samples": [whole.samples[i] for i in part]}
            for part in rows.values()
        ]


def tell_left_out(name, dataset):
    """Says how many samples of a data set are left out, if any are."""
    samples = {fault.sample for fault in getattr(dataset, "faults", ())}
    if samples:
        print(
            f"Left out of {name}, for their faults: {len(samples)} samples. "
            "See mm-keras check-data."
        )
