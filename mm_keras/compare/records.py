"""What a comparison has found so far, in memory or in a folder."""

import json
import math
import os
import pathlib
import urllib.parse

SETTINGS = "settings.json"


class Records:
    """Keeps what was found under names, in files if there is a folder.

    Every record is written at once and as a whole, so that a comparison which
    is killed loses only what it was at.

    Args:
        folder: Path of a folder, or None for memory alone.
        settings: Dictionary of plain values, which all records depend on.

    Raises:
        ValueError: If the folder holds records of other settings, or anything
            else.
    """

    def __init__(self, folder, settings):
        self.known = {}
        self.folder = None if folder is None else pathlib.Path(folder)
        if self.folder is not None:
            self._open(plain(settings))

    def _open(self, settings):
        path = self.folder / SETTINGS
        if path.exists():
            _check_settings(self.folder, read(path), settings)
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise ValueError(
                "Argument `folder` of compare expects a new or empty folder, "
                f"or that of an earlier comparison. Received: {self.folder}, "
                "which holds something else. Choose another one."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        write(path, settings)

    def get(self, name):
        """Returns the record of a name, or None."""
        if name not in self.known and self.folder is not None:
            path = self._path(name)
            if path.exists():
                self.known[name] = read(path)
        return self.known.get(name)

    def put(self, name, record):
        """Keeps a record, a dictionary, under a name; returns it."""
        self.known[name] = plain(record)
        if self.folder is not None:
            write(self._path(name), self.known[name])
        return self.known[name]

    def _path(self, name):
        return self.folder / f"{urllib.parse.quote(name, safe=' +')}.json"


def _check_settings(folder, found, expected):
    other = sorted(key for key in expected if found.get(key) != expected[key])
    if other:
        raise ValueError(
            f"Argument `folder` of compare expects runs of the same {other}. "
            f"Received: {folder}, with runs of others. Choose another folder, "
            "or delete this one."
        )


def plain(value):
    """Returns what JSON can hold: lists, and None for what is no number."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write(path, content):
    """Writes a file as a whole: there is never half of it."""
    partial = path.with_suffix(".partial")
    text = json.dumps(content, indent=2, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    os.replace(partial, path)
