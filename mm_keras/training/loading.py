import json
import pathlib
import zipfile
import zlib

import keras

from mm_keras.training.multi_task_model import MultiTaskModel


def load_model(path):
    """Loads a `MultiTaskModel` from a `.keras` file, ready to train on.

    `keras.models.load_model` does the same with a sound file. Of one that is
    damaged or holds something else, this says in one sentence what is wrong.

    Args:
        path: Path of the file.

    Returns:
        The `mm_keras.MultiTaskModel`, compiled if it was when it was saved.

    Raises:
        ValueError: If there is no such file, or it is damaged, or holds
            another kind of model.

    Example:

    ```python
    model.save("scenes.keras")
    model = mm_keras.training.load_model("scenes.keras")
    ```
    """
    path = pathlib.Path(path)
    check_archive(path)
    try:
        model = keras.models.load_model(path)
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise _wrong_file(
            path,
            f"which Keras refuses: {_first_line(error)}",
            "Import the modules that register its classes before, and load it "
            "with the versions of Keras and mm_keras that saved it.",
        ) from error
    if not isinstance(model, MultiTaskModel):
        raise _wrong_file(
            path,
            f"which holds a {type(model).__name__}",
            "Load it with `keras.models.load_model`.",
        )
    return model


def check_archive(path):
    """Raises unless a file is a whole archive with the parts of a model."""
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise _wrong_file(
            path,
            f"which is {kind}",
            "Check the path. A SavedModel is loaded by "
            "`keras.layers.TFSMLayer`.",
        )
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            json.loads(archive.read("config.json"))
    except KeyError as error:
        raise _wrong_file(
            path, "an archive without a model", "Check the path."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        damaged = _first_line(error)
    if damaged:
        raise _wrong_file(
            path,
            f"which is damaged ({damaged})",
            "Copy it again from where it was saved, or save the model again.",
        )


def _wrong_file(path, received, advice):
    return ValueError(
        "Argument `path` of load_model expects a `.keras` file that `save` of "
        f"a MultiTaskModel has written. Received: {path}, {received}. {advice}"
    )


def _first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
