"""Finds out which of a user's own files a path means."""

import pathlib

from mm_keras_cli import own_files
from mm_keras_cli.own_files import SPLIT

# What splits are called where nobody says so.
USUAL = ("train", "validation", "val", "test")


def are_files(path):
    """Whether a text is the path of files, and not the name of a data set."""
    names_files = path.lower().endswith((".json", ".csv"))
    return names_files or SPLIT in path or pathlib.Path(path).exists()


def open_files(path, images=None, splits=None):
    """Returns the source of the format that files are in.

    Args:
        path: Path of the file or folder, with `{split}` for the split.
        images: Path of the folder of the pictures, or None.
        splits: List of names of splits, or None for those with a usual name.

    Raises:
        ValueError: If there are no such files, or splits are missing.
    """
    if SPLIT not in path and _holds_splits(pathlib.Path(path)):
        path = f"{path}/{SPLIT}"
    if SPLIT in path:
        splits = splits or _find_splits(path)
    splits = tuple(splits or (None,))
    first = own_files.OwnFiles(path, images, splits).at(splits[0])
    if not first.exists():
        raise ValueError(
            f"Argument `data` expects files that exist. Received: {first}. "
            f"Correct the path, in which {SPLIT} stands for the split."
        )
    if (first / "Annotations").is_dir():
        splits = _listed(first, splits)
        return own_files.VocFolder(path, images, splits)
    formats = {".json": own_files.CocoFile, ".csv": own_files.CsvFile}
    make = formats.get(first.suffix.lower(), own_files.PictureFolder)
    return make(path, images, splits)


def _holds_splits(path):
    """Whether all folders in a folder are called like splits."""
    folders = [p.name for p in path.glob("*/")] if path.is_dir() else []
    return "train" in folders and set(folders) <= set(USUAL)


def _find_splits(path):
    """The splits of a usual name for which there are files."""
    files = own_files.OwnFiles(path)
    found = [split for split in USUAL if files.at(split).exists()]
    if not found:
        raise ValueError(
            f"{path} expects names of splits in place of {SPLIT}. Received: "
            f"none, and there is none of {', '.join(USUAL)}. Write for example "
            "--split training."
        )
    return found


def _listed(folder, splits):
    """The splits of a folder of VOC: those asked for, or the usual ones."""
    lists = folder / "ImageSets" / "Main"
    found = tuple(s for s in USUAL if (lists / f"{s}.txt").is_file())
    return splits if splits != (None,) or not found else found
