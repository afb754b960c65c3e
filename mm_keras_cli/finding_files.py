"""Finds out which of a user's own files a path means."""

import pathlib

from mm_keras_cli import file_formats
from mm_keras_cli import own_files
from mm_keras_cli.own_files import SPLIT

# What splits are called where nobody says so.
USUAL = ("train", "validation", "val", "test")


def are_files(path):
    """Whether a text is the path of files, and not the name of a data set."""
    names_files = path.lower().endswith((".json", ".csv"))
    return names_files or SPLIT in path or pathlib.Path(path).exists()


def open_files(path, images=None, splits=None, named=()):
    """Returns the source of the format that files are in.

    Args:
        path: Path of the file or folder, with `{split}` for the split.
        images: Path of the folder of the pictures, or None.
        splits: List of names of splits, or None for all that are found: those
            with a usual name.
        named: Names of splits to look for before the usual ones.

    Raises:
        ValueError: If there are no such files, or splits are missing.
    """
    if SPLIT not in path and _holds_splits(pathlib.Path(path)):
        path = f"{path}/{SPLIT}"
    names = list(dict.fromkeys([*named, *USUAL]))
    if SPLIT in path:
        splits = splits or _find_splits(path, names)
    splits = tuple(splits or (None,))
    first = own_files.OwnFiles(path, images, splits).at(splits[0])
    if not first.exists():
        raise ValueError(
            f"Argument `data` expects files that exist. Received: {first}. "
            f"Correct the path, in which {SPLIT} stands for the split."
        )
    if (first / "Annotations").is_dir():
        if splits == (None,):
            splits = _find_lists(first, names) or splits
        return file_formats.VocFolder(path, images, splits)
    formats = {".json": file_formats.CocoFile, ".csv": file_formats.CsvFile}
    make = formats.get(first.suffix.lower(), file_formats.PictureFolder)
    return make(path, images, splits)


def _holds_splits(path):
    """Whether all folders in a folder are called like splits."""
    folders = [p.name for p in path.glob("*/")] if path.is_dir() else []
    return "train" in folders and set(folders) <= set(USUAL)


def _find_splits(path, names):
    """The names for which there are files."""
    files = own_files.OwnFiles(path)
    found = [split for split in names if files.at(split).exists()]
    if not found:
        raise ValueError(
            f"{path} expects names of splits in place of {SPLIT}. Received: "
            f"none, and there is none of {', '.join(names)}. Write for example "
            "--split training."
        )
    return found


def _find_lists(folder, names):
    """The names for which a folder of VOC has a list."""
    lists = folder / "ImageSets" / "Main"
    return tuple(name for name in names if (lists / f"{name}.txt").is_file())
