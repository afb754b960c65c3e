import pathlib
import shutil
import tempfile

import keras
import tensorflow as tf

from mm_keras.export import verification
from mm_keras.export.full_precision import full_precision
from mm_keras.export.serving_model import serving_model


def to_saved_model(model, path, *, endpoints=None, text=None, examples=None):
    """Writes a SavedModel, which runs without Keras and without this package.

    The file has an endpoint `serve` with decoded outputs, as those of
    `mm_keras.serving_model`, and an endpoint `raw` with the raw ones. Images
    are float32 in 0-255. Once written, the file is loaded, run and compared
    with the model: that a file exists proves nothing. Only then it takes the
    place of what was at `path`.

    Args:
        model: A `mm_keras.MultiTaskModel`.
        path: Folder to write.
        endpoints: Dictionary from name to functional model: endpoints of
            your own, in addition.
        text: As in `mm_keras.serving_model`. The endpoint `raw` takes ids.
        examples: Dictionary of input arrays to compare on. None makes random
            ones.

    Returns:
        Dictionary from endpoint to the largest difference of an output,
        relative to its largest value where that is above 1.

    Raises:
        ValueError: If the file gives other numbers than the model, an endpoint
            has a name that is taken, or `path` holds anything but a
            SavedModel: nothing else is overwritten.

    Example:

    ```python
    mm_keras.export.to_saved_model(model, "scenes")
    loaded = tf.saved_model.load("scenes")  # keep it: it holds the variables
    boxes = loaded.serve({"image": images})["digits_boxes"]
    ```
    """
    path = pathlib.Path(path).resolve()
    check_path(path)
    model = full_precision(model)
    models = {"serve": serving_model(model, text=text), "raw": model}
    check_endpoints(endpoints or {}, models)
    models.update(endpoints or {})
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        folder = pathlib.Path(folder) / path.name
        _write(models, folder)
        differences = verification.compare(folder, models, examples)
        if path.exists():
            shutil.rmtree(path)
        shutil.move(folder, path)
    return differences


def check_path(path):
    """Raises where something else than a SavedModel would be overwritten."""
    is_folder = path.is_dir()
    free = not path.exists() or (is_folder and not any(path.iterdir()))
    if not free and not (is_folder and (path / "saved_model.pb").exists()):
        raise ValueError(
            "Argument `path` of to_saved_model expects a new or empty folder, "
            f"or that of a SavedModel. Received: path={str(path)!r}, which "
            "holds something else. Choose another folder."
        )


def check_endpoints(endpoints, models):
    """Raises where an endpoint would take the place of another."""
    taken = sorted(set(endpoints) & set(models))
    if taken:
        raise ValueError(
            "Argument `endpoints` expects names other than "
            f"{sorted(models)}. Received: {sorted(endpoints)}. Rename {taken}."
        )


def _write(models, folder):
    """Writes functional models as endpoints of one SavedModel."""
    archive = keras.export.ExportArchive()
    for name, model in models.items():
        archive.track(model)
        signature = {
            key: tf.TensorSpec(tensor.shape, tensor.dtype, name=key)
            for key, tensor in model.input.items()
        }
        archive.add_endpoint(name, model, input_signature=[signature])
    archive.write_out(folder, verbose=False)
