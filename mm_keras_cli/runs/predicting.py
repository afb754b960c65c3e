"""Predicts with the model of a run, example by example."""

import pathlib

import numpy as np

from mm_keras import explain
from mm_keras_cli.runs import answers
from mm_keras_cli.runs import drawing
from mm_keras_cli.runs import examples
from mm_keras_cli.runs import opening
from mm_keras_cli.runs.page import to_colors


def run(arguments):
    """Predicts for everything that arguments name.

    Args:
        arguments: Arguments of `mm-keras predict`.

    Returns:
        A list with a dictionary for each example: `example`, its name, and
        what was found for each task; and a list of a sentence for each
        example that could not be read.
    """
    earlier = opening.Run.open(arguments.run)
    serving = earlier.serving_model()
    given = examples.find(
        arguments.examples,
        serving.input,
        size=earlier.picture_size(),
        batch_size=arguments.batch_size,
        images=arguments.images,
    )
    artist = Artist(earlier, given, arguments)
    answered = []
    for inputs in given.batches:
        found = serving.predict_on_batch(inputs)
        found = {name: np.asarray(value) for name, value in found.items()}
        artist.draw(len(answered), inputs, found)
        for row in range(len(next(iter(found.values())))):
            own = answers.answers(
                earlier.model.tasks,
                found,
                row,
                earlier.classes,
                arguments.least_score,
            )
            name = given.names[len(answered)]
            answered.append({"example": name, "found": own})
    return answered, given.problems


class Artist:
    """Draws what was found into pictures, if that was asked for.

    Args:
        earlier: The `Run`.
        given: The `Examples`.
        arguments: Arguments of `mm-keras predict`.
    """

    def __init__(self, earlier, given, arguments):
        self._tasks = earlier.model.tasks
        self._names = earlier.classes
        self._given = given
        self._files = drawing.file_names(given.names)
        self._least_score = arguments.least_score
        self._folder = arguments.pictures and pathlib.Path(arguments.pictures)
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)

    def draw(self, first, inputs, found):
        """Draws the examples of a batch.

        Args:
            first: Number of the first.
            inputs: Dictionary of the inputs of the batch.
            found: What was found, by name.
        """
        pictures = [v for v in inputs.values() if v.shape.rank == 4]
        if not self._folder or not pictures:
            return
        notes = explain.prediction(found, self._tasks, names=self._names)
        boxes = [t.name for t in self._tasks if t.target.kind == "boxes"]
        for row, note in enumerate(notes):
            picture = to_colors(np.asarray(pictures[0][row]))
            if self._given.paths:
                picture = drawing.read(self._given.paths[first + row])
            drawing.write(
                self._folder / self._files[first + row],
                picture,
                note,
                names=self._names.get(boxes[0]) if boxes else None,
                least_score=self._least_score,
            )
