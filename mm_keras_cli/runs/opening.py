"""What an earlier training left, ready to be used."""

import argparse
import dataclasses

from mm_keras import export
from mm_keras import training
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import reading
from mm_keras_cli.runs import settings as settings_module
from mm_keras_cli.runs import words


@dataclasses.dataclass(frozen=True)
class Run:
    """What an earlier training left.

    Args:
        folder: The `RunFolder`.
        model: The model of the best epoch.
        classes: Dictionary from task to the names of its classes, where they
            are known.
        text: A `keras.layers.TextVectorization`, or None.
    """

    folder: folders.RunFolder
    model: training.MultiTaskModel
    classes: dict
    text: object

    @classmethod
    def open(cls, path):
        """Reads the folder of a training.

        Raises:
            ValueError: If it is none, or no epoch has been finished.
        """
        folder = folders.RunFolder.open(path)
        if not folder.best.exists():
            raise ValueError(
                "Argument `run` expects a training with at least one finished "
                f"epoch. Received: {path}, which has none. Go on with it: "
                f"mm-keras train --resume {path}."
            )
        return cls(
            folder,
            training.load_model(folder.best),
            folders.read_json(folder.classes),
            words.load(folder.text),
        )

    def serving_model(self):
        """Returns the model that takes texts and gives what people read."""
        return export.serving_model(self.model, text=self.texts())

    def texts(self):
        """Returns what turns texts into ids, by input; None without any."""
        if self.text is None:
            return None
        return {
            name: self.text
            for name, tensor in self.model.input.items()
            if tensor.dtype == "int32"
        }

    def settings(self, **changes):
        """Returns the settings of the training.

        Args:
            **changes: Settings that are others here; None leaves one as it is.
        """
        given = argparse.Namespace(**changes)
        return settings_module.complete(given, self.folder.config)

    def read(self, settings):
        """Returns the `RunData` of settings, with the classes of the model."""
        names = {
            task.target.feature or task.name: tuple(self.classes[task.name])
            for task in self.model.tasks
            if task.name in self.classes
        }
        return reading.RunData.open(settings, names, self.text)

    def picture_size(self):
        """Returns height and width of the pictures; None without any."""
        shapes = [tensor.shape for tensor in self.model.input.values()]
        return next((s[1:3] for s in shapes if len(s) == 4), None)
