"""A user's own files as the source of a command."""

import dataclasses
import pathlib
import warnings

from mm_keras_cli import quiet

SPLIT = "{split}"


@dataclasses.dataclass(frozen=True)
class OwnFiles:
    """Files in one of the formats that `mm_keras.data` reads.

    Args:
        path: Path of the file or folder, with `{split}` for what differs
            between splits.
        images: Path of the folder of the pictures, likewise, or None.
        splits: Names of the splits; the classes are those of the first.
    """

    path: str
    images: str | None = None
    splits: tuple = (None,)

    # Pictures of such files have various sizes.
    varies = True
    inputs = ("image",)
    tasks = ()
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

    def classes(self, column=None):
        """Returns the names of the classes, in the order of their ids."""
        data = quiet.load("mm_keras.data")
        return data.class_names(self.at(self.splits[0]), column)

    def suggest(self, kind, feature):
        """Returns arguments of a task: the number of classes."""
        count = len(self.classes(feature))
        if kind in ("classification", "detection", "multi_label") and count:
            return {"num_classes": count}
        if kind == "segmentation" and count:
            return {"num_classes": count + 1}  # And the background.
        if kind == "regression" and feature == "counts":
            return {"units": count}
        return {}

    def load(self, split, **options):
        """Loads a split without what is faulty; its `faults` list that.

        Raises:
            ValueError: If several splits would be the same files.
        """
        places = SPLIT in self.path or self.lists_splits
        if len(self.splits) > 1 and not places:
            raise ValueError(
                f"{self.path} expects {SPLIT} in the path where splits have "
                f"files of their own. Received: splits {list(self.splits)} of "
                f"the same files. Write for example '{SPLIT}.json'."
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They repeat the faults.
            return self.read(split, on_fault="skip", max_faults=None, **options)


class VocFolder(OwnFiles):
    """A folder in the layout of PASCAL VOC, which lists its splits."""

    tasks = ("detection:objects",)
    lists_splits = True

    def read(self, split, **options):
        """Loads a split, a list or a folder; see `mm_keras.data.from_voc`."""
        data = quiet.load("mm_keras.data")
        listed = None if SPLIT in self.path else split
        return data.from_voc(
            self.at(split), listed, classes=self.classes(), **options
        )


class CocoFile(OwnFiles):
    """Annotations in COCO's format, a file for each split."""

    tasks = ("detection:objects",)

    def read(self, split, **options):
        """Loads a split; see `mm_keras.data.from_coco`."""
        data = quiet.load("mm_keras.data")
        return data.from_coco(
            self.at(split),
            self.images_at(split) or self.at(split).parent,
            classes=self.classes(),
            **options,
        )


class CsvFile(OwnFiles):
    """Tables, a file for each split."""

    def read(self, split, *, tasks, **options):
        """Loads a split; see `mm_keras.data.from_csv`."""
        data = quiet.load("mm_keras.data")
        columns = {
            task.target.feature or task.name
            for task in tasks
            if task.target.kind in ("class", "labels")
        }
        return data.from_csv(
            self.at(split),
            tasks=tasks,
            folder=self.images_at(split),
            classes={column: self.classes(column) for column in columns},
            **options,
        )


class PictureFolder(OwnFiles):
    """Pictures in a folder for each class, in a folder for each split."""

    tasks = ("classification:label",)

    def read(self, split, **options):
        """Loads a split; see `mm_keras.data.from_folder`."""
        data = quiet.load("mm_keras.data")
        return data.from_folder(
            self.at(split), classes=self.classes(), **options
        )


def are_files(path):
    """Whether a text is the path of files, and not the name of a data set."""
    names_files = path.lower().endswith((".json", ".csv"))
    return names_files or SPLIT in path or pathlib.Path(path).exists()


def open_files(path, images=None, splits=None):
    """Returns the source of the format that files are in.

    Args:
        path: Path of the file or folder, with `{split}` for the split.
        images: Path of the folder of the pictures, or None.
        splits: List of names of splits, or None.

    Raises:
        ValueError: If there are no such files, or splits are missing.
    """
    splits = tuple(splits or (None,))
    if splits == (None,) and SPLIT in path:
        raise ValueError(
            f"{path} expects names of splits in place of {SPLIT}. Received: "
            "none. Write for example --split train --split test."
        )
    first = OwnFiles(path, images, splits).at(splits[0])
    if not first.exists():
        raise ValueError(
            f"Argument `data` expects files that exist. Received: {first}. "
            f"Correct the path, in which {SPLIT} stands for the split."
        )
    if first.suffix.lower() in (".json", ".csv"):
        source = CocoFile if first.suffix.lower() == ".json" else CsvFile
    elif (first / "Annotations").is_dir():
        return VocFolder(path, images, _listed(first, splits))
    else:
        source = PictureFolder
    return source(path, images, splits)


def _listed(folder, splits):
    """The splits of a folder of VOC: those asked for, or the usual ones."""
    lists = folder / "ImageSets" / "Main"
    usual = ("train", "val", "validation", "test")
    found = tuple(s for s in usual if (lists / f"{s}.txt").is_file())
    return splits if splits != (None,) or not found else found
