import importlib.metadata
import json
import math
import platform
import time

import keras

from mm_keras import data
from mm_keras import export
from mm_keras import zoo
from mm_keras.demo import page
from mm_keras.demo import reloading
from mm_keras.demo.folder import make_folder
from mm_keras.demo.progress import Progress
from mm_keras.training.average_precision import AveragePrecision
from mm_keras.training.average_precision import evaluate_detection
from mm_keras.version import __version__

STEPS = 1400
EPOCHS = 5
BATCH_SIZE = 16
# Test scenes in the gallery, on which files are compared too.
PICTURES = 6


def run(output="mm-keras-demo", *, steps=STEPS, seed=0, data_dir=None):
    """Trains a network on `digit_scenes`, measures, exports and shows it.

    One network detects, segments, classifies and counts handwritten digits on
    photographs. It says on standard output how far it is, and writes a folder:

    | file | what it is |
    |---|---|
    | `model.keras` | the trained model, for `keras.models.load_model` |
    | `saved_model/` | the same to be served: it returns boxes |
    | `metrics.json` | what each task reached on the test split, and how |
    | `index.html` | a page with scores, gallery and curves |
    | `gallery.png` | test scenes, what is there and what was found |

    Both files of the model are loaded again, and their outputs compared.

    Args:
        output: Folder to write: a new or empty one, or that of an earlier run.
        steps: Number of training steps, of 16 scenes each, rounded down to a
            multiple of the number of epochs, five.
        seed: Seed of the weights and of the order of the data.
        data_dir: Folder of prepared data. None means that of TFDS.

    Returns:
        The dictionary that `metrics.json` holds.

    Raises:
        ValueError: If `output` holds anything else, `steps` is below 1, or the
            backend of Keras is not TensorFlow.
    """
    started = time.monotonic()
    check(steps)
    folder = make_folder(output)
    data.prepare("digit_scenes", data_dir)
    keras.utils.set_random_seed(seed)
    model = zoo.digit_scenes(steps=steps)
    training = train(model, steps, data_dir)
    test = load("test", model, data_dir)
    print("Evaluating on the test split ...", flush=True)
    scores = evaluate(model, test)
    inputs, targets, _ = next(iter(test.unbatch().batch(PICTURES)))
    print("Exporting, loading again, comparing ...", flush=True)
    found = export.serving_model(model).predict(inputs, verbose=0)
    result = {
        "test": scores,
        "differences": reloading.write(model, folder, inputs, found),
        "training": {**training, "seed": seed},
        "versions": versions(),
    }
    page.write(folder, model.tasks, inputs["image"], targets, found, result)
    result["seconds"] = seconds_since(started)
    text = json.dumps(result, indent=2, allow_nan=False)
    (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    return result


def check(steps):
    """Raises unless there is a step to train, and a backend that can."""
    if steps < 1:
        raise ValueError(
            "Argument `steps` of the demo expects at least 1. Received: "
            f"steps={steps}. Leave it out for {STEPS}."
        )
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "The demo expects the backend tensorflow of Keras. Received: "
            f"{keras.backend.backend()}. Unset the variable KERAS_BACKEND."
        )


def load(split, model, data_dir):
    """Loads a split for the tasks of a model."""
    return data.load(
        "digit_scenes",
        split,
        tasks=model.tasks,
        batch_size=BATCH_SIZE,
        drop_remainder=split == "train",
        data_dir=data_dir,
    )


def train(model, steps, data_dir):
    """Trains a model; returns what there is to tell about it."""
    epochs = min(EPOCHS, steps)
    size = f"{model.count_params():,} parameters"
    print(f"Training {size} for {steps:,} steps ...", flush=True)
    started = time.monotonic()
    validation = load("validation", model, data_dir)
    history = model.fit(
        load("train", model, data_dir).repeat(),
        steps_per_epoch=steps // epochs,
        epochs=epochs,
        validation_data=validation,
        callbacks=[AveragePrecision(validation), Progress()],
        verbose=0,
    ).history
    return {
        "steps": steps // epochs * epochs,
        "batch_size": BATCH_SIZE,
        "seconds": seconds_since(started),
        "parameters": model.count_params(),
        "history": {name: numbers(values) for name, values in history.items()},
    }


def evaluate(model, dataset):
    """Returns losses, metrics and average precision by name."""
    scores = {
        **model.evaluate(dataset, verbose=0, return_dict=True),
        **evaluate_detection(model, dataset),
    }
    return dict(zip(scores, numbers(scores.values()), strict=True))


def numbers(values):
    """Returns what JSON can hold: floats, and None for NaN."""
    return [float(v) if math.isfinite(v) else None for v in values]


def seconds_since(started):
    """Returns seconds, to a tenth."""
    return round(time.monotonic() - started, 1)


def versions():
    """Returns the versions of what the numbers depend on."""
    packages = ("keras", "tensorflow", "tensorflow-datasets", "numpy")
    return {
        "python": platform.python_version(),
        "mm-keras": __version__,
        **{name: importlib.metadata.version(name) for name in packages},
    }
