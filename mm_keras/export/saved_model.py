import pathlib
import shutil
import tempfile

import keras
import tensorflow as tf

from mm_keras.export import verification
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
        Dictionary from endpoint to the largest difference of an output.

    Raises:
        ValueError: If the file gives other numbers than the model.

    Example:

    ```python
    mm_keras.export.to_saved_model(model, "scenes")
    loaded = tf.saved_model.load("scenes")  # keep it: it holds the variables
    boxes = loaded.serve({"image": images})["digits_boxes"]
    ```
    """
    models = {
        "serve": serving_model(model, text=text),
        "raw": model,
        **(endpoints or {}),
    }
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        folder = pathlib.Path(folder) / path.name
        _write(models, folder)
        differences = verification.compare(folder, models, examples)
        if path.exists():
            shutil.rmtree(path)
        shutil.move(folder, path)
    return differences


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
