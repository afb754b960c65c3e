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
            return describe_features(self._builder.info.features)
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

    def load(self, split, **options):
        """Loads a split; see `mm_keras.data.load`."""
        data = quiet.load("mm_keras.data")
        return data.load(self.name, split, data_dir=self.data_dir, **options)


def _name_task(feature):
    """Names a task after a feature, which may be in a group: `a/b`."""
    name = re.sub(r"\W", "_", feature, flags=re.ASCII)
    name = name if name.isidentifier() else f"_{name}"
    return name if name == feature else f"{name}:feature={feature}"


def describe_features(features, prefix=""):
    """Returns what features of TFDS say of themselves.

    Args:
        features: Dictionary of features.
        prefix: What stands before their names: `"objects/"`.

    Returns:
        Dictionary from the name of a feature to `(kind, arguments)`, without
        those of which no task is known.
    """
    found = {}
    for name, feature in features.items():
        found.update(_describe(prefix + name, feature))
    return found


def _describe(name, feature):
    """Returns what one feature, and those within it, are."""
    f = quiet.load("tensorflow_datasets").features
    np = quiet.load("numpy")
    if isinstance(feature, f.ClassLabel):
        return {name: ("class", {"num_classes": feature.num_classes})}
    if isinstance(feature, f.BBoxFeature):
        return {name: ("box", {})}
    if isinstance(feature, f.FeaturesDict):
        return describe_features(feature, f"{name}/")
    if isinstance(feature, f.Sequence):
        return _describe_list(name, feature.feature)
    if type(feature) in (f.Scalar, f.Tensor) and len(feature.shape) <= 1:
        (units,) = feature.shape or (1,)
        if units and np.dtype(feature.np_dtype).kind == "f":
            return {name: ("number", {"units": units})}
    return {}


def _describe_list(name, inner):
    """Returns what a list of features is: boxes, or several classes."""
    found = {
        part.removeprefix("/"): what
        for part, what in _describe("", inner).items()
    }
    lists = {
        f"{name}/{part}".removesuffix("/"): ("labels", arguments)
        for part, (kind, arguments) in found.items()
        if kind == "class"
    }
    kinds = {part: kind for part, (kind, _) in found.items()}
    if kinds.get("bbox") == "box" and kinds.get("label") == "class":
        lists[name] = ("boxes", found["label"][1])
    return lists
