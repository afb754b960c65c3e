"""The formats of a user's own files, as sources of commands."""

from mm_keras_cli import quiet
from mm_keras_cli.own_files import OwnFiles
from mm_keras_cli.own_files import SPLIT


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

    by_feature = True
    with_classes = ("class", "labels")
    counts = ()

    def read(self, split, *, tasks, **options):
        """Loads a split; see `mm_keras.data.from_csv`."""
        data = quiet.load("mm_keras.data")
        columns = {
            task.target.feature or task.name
            for task in tasks
            if task.target.kind in self.with_classes
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
