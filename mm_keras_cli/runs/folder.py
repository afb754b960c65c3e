"""The folder of a run: what is in it, and how it is written and read."""

import csv
import json
import os
import pathlib

from mm_keras_cli import quiet

# Says that a folder was made by a training.
MARK = ".mm-keras-run"


class RunFolder:
    """The folder that a training leaves.

    | file | what it is |
    |---|---|
    | `config.json` | what the training was told, to repeat it |
    | `log.csv` | losses and scores, a row for each epoch |
    | `best.keras` | the model of the best epoch |
    | `backup.npz` | the state after the last epoch, to go on from |
    | `classes.json` | names of the classes, by task |
    | `text.keras` | what turns texts into ids, where there are any |
    | `metrics.json` | what the best model reached |
    | `index.html` | a page with scores, pictures and curves |

    Args:
        path: Path of the folder.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.config = self.path / "config.json"
        self.log = self.path / "log.csv"
        self.best = self.path / "best.keras"
        self.backup = self.path / "backup.npz"
        self.classes = self.path / "classes.json"
        self.text = self.path / "text.keras"
        self.metrics = self.path / "metrics.json"
        self.page = self.path / "index.html"

    @classmethod
    def open(cls, path):
        """Returns the folder of a training.

        Raises:
            ValueError: If it is none.
        """
        folder = cls(path)
        if not folder.config.is_file():
            kind = "has no config.json" if folder.path.is_dir() else "is none"
            raise ValueError(
                "Argument `run` expects a folder that `mm-keras train` has "
                f"written. Received: {path}, which {kind}. Check the path."
            )
        return folder

    def check_new(self):
        """Raises unless a training may write here."""
        if self.config.exists():
            raise ValueError(
                "--output expects a new or empty folder. Received: "
                f"{self.path}, which holds an earlier training. Choose another "
                f"one, or go on with it: mm-keras train --resume {self.path}."
            )
        self._folders().check_folder(self.path, **self._names())

    def make(self):
        """Makes the folder."""
        self._folders().make_folder(self.path, **self._names())

    def tell(self, arguments):
        """Writes to `config.json` what the training is told from now on."""
        config = {**read_json(self.config), "arguments": arguments}
        write_json(self.config, config)

    def rows(self):
        """Returns what was logged: a dictionary of numbers for each epoch."""
        if not self.log.exists():
            return []
        with open(self.log, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [{n: float(cell) for n, cell in row.items()} for row in rows]

    def keep_rows(self, count):
        """Leaves out of the log what came after so many epochs."""
        if self.log.exists():
            lines = self.log.read_text(encoding="utf-8").splitlines(True)
            write_text(self.log, "".join(lines[: count + 1] if count else []))

    def scores(self):
        """Returns what was measured: scores by the name of the data."""
        if not self.metrics.exists():
            return {}
        return read_json(self.metrics)["scores"]

    def write_scores(self, scores):
        """Writes what was measured, a dictionary by the name of the data."""
        write_json(self.metrics, {"scores": scores})

    def _folders(self):
        return quiet.load("mm_keras.demo.folder")

    def _names(self):
        return {"mark": MARK, "what": "mm-keras train"}


def read_json(path):
    """Returns what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path, content):
    """Writes a JSON file; numbers that JSON lacks become null."""
    text = json.dumps(_finite(content), indent=2, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path, text):
    """Writes a file, which takes the place of the old one as a whole."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)


def _finite(content):
    if isinstance(content, dict):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, float) and content - content != 0:
        return None
    return content
