"""What a trained model is to predict for: pictures, or the rows of a table."""

import dataclasses
import pathlib

import tensorflow as tf

from mm_keras import data
from mm_keras.data import pipeline
from mm_keras.data.files import pictures
from mm_keras.data.files import records


@dataclasses.dataclass(frozen=True)
class Examples:
    """Examples to predict for.

    Args:
        names: List of what the examples are called.
        batches: A `tf.data.Dataset` of dictionaries of inputs.
        problems: List of a sentence for each example that is left out.
        paths: List of the paths of the pictures, or None.
    """

    names: list
    batches: tf.data.Dataset
    problems: list
    paths: list | None = None


def find(paths, inputs, *, size, batch_size, images=None):
    """Finds the examples that paths stand for.

    Args:
        paths: Paths of pictures or of folders of them, or of one CSV file.
        inputs: Dictionary of the symbolic inputs of the model.
        size: Height and width of pictures, or None.
        batch_size: Number of examples at once.
        images: Folder of the pictures of a CSV file, or None for its own.

    Raises:
        ValueError: If there are none, or the model needs more than a picture.
    """
    options = {"image_size": size, "batch_size": batch_size, "tasks": []}
    if [p.suffix.lower() for p in map(pathlib.Path, paths)] == [".csv"]:
        return _rows(paths[0], inputs, images, options)
    (name, *others) = inputs
    if others or len(inputs[name].shape) != 4:
        raise ValueError(
            "Argument `examples` expects a CSV file with a column for each "
            f"input of the model, {list(inputs)}: it takes more than a "
            f"picture. Received: {', '.join(paths)}. Write such a file."
        )
    return _pictures(paths, name, inputs[name].shape[-1], options)


def _rows(path, inputs, images, options):
    """Reads the rows of a CSV file."""
    dataset = data.from_csv(
        path,
        inputs=list(inputs),
        folder=images,
        shuffle=False,
        on_fault="skip",
        max_faults=1.0,
        **options,
    )
    problems = [f"{f.sample}, {f.field}: {f.problem}" for f in dataset.faults]
    batches = dataset.map(lambda fed, *_: fed)
    return Examples(dataset.samples, batches, problems)


def _pictures(paths, name, channels, options):
    """Reads files of pictures, as those of the training were read."""
    found = pictures.inspect_pictures(list_pictures(paths))
    sound = [path for path, seen in found.items() if not seen.problem]
    problems = [seen.problem for seen in found.values() if seen.problem]
    if not sound:
        raise ValueError(
            "Argument `examples` expects at least one picture. Received: "
            f"none in {', '.join(paths)}. {' '.join(problems[:1])}"
        )
    examples = records.to_examples(
        [records.Record(path, {name: path}, {}) for path in sound],
        inputs={name: records.paths},
        features={},
    )
    dataset = pipeline.batches(
        examples, "pictures", inputs=(name,), paths=(name,), **options
    )
    grey = tf.image.rgb_to_grayscale if channels == 1 else tf.identity
    batches = dataset.map(lambda fed, *_: {name: grey(fed[name])})
    return Examples(sound, batches, problems, sound)


def list_pictures(paths):
    """Returns the paths of pictures, of folders those in them, sorted."""
    listed = []
    for path in map(pathlib.Path, paths):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        listed += [
            str(file)
            for file in inside
            if file == path or pictures.is_picture(file.name)
        ]
    return listed
