"""The data of a run: which parts of it serve what, and how they are read."""

import dataclasses

import tensorflow as tf

from mm_keras.data import text as words
from mm_keras_cli import data_arguments
from mm_keras_cli import part_arguments

# What the split to validate on is called, and the share held out without one.
VALIDATION = ("validation", "val")
SHARE = "0.1"


@dataclasses.dataclass
class RunData:
    """The data of a run.

    Args:
        settings: Settings of the training.
        source: What the data comes from, see `data_arguments.open_source`.
        text: A `keras.layers.TextVectorization` for its texts, or None.
    """

    settings: object
    source: object
    text: object = None

    @classmethod
    def open(cls, settings, names=None, text=None):
        """Finds the data that settings name.

        Args:
            settings: Settings of the training.
            names: Dictionary of the names of the classes by feature, or None
                for those that are found.
            text: A `keras.layers.TextVectorization`, or None.
        """
        # The first is that whose classes are all classes.
        said = (settings.split or "train", settings.validation, settings.test)
        named = [split for split in said if split and not is_share(split)]
        source = data_arguments.open_source(settings, named=named)
        return cls(settings, source.of_run(names or {}), text)

    def load(self, tasks, split, **options):
        """Loads a split as batches; see `mm_keras.data.load`."""
        return data_arguments.load(
            self.settings,
            self.source,
            split,
            tasks,
            batch_size=self.settings.batch_size,
            text=self.text,
            **options,
        )

    def load_training(self, tasks, split, **options):
        """Loads the split to train on, and learns its words if it has any."""
        dataset = self.load(tasks, split, **options)
        inputs = dataset.element_spec[0]
        texts = [name for name, s in inputs.items() if s.dtype == tf.string]
        if not texts:
            return dataset
        samples = {k: v for k, v in options.items() if k == "samples"}
        self.text = self._learn_words(tasks, split, texts, **samples)
        return self.load(tasks, split, **options)

    def _learn_words(self, tasks, split, texts, **samples):
        """Returns a layer that turns texts like those of a split into ids."""
        dataset = self.load(
            [], split, inputs=tuple(texts), shuffle=False, **samples
        )
        known = {
            "texts": dataset.map(
                lambda inputs, *_: tf.concat(list(inputs.values()), 0)
            )
        }
        for task in tasks:
            if task.target.kind == "tags":
                # One id for each token, as there is one tag for each.
                known["standardize"] = "lower"
                known["length"] = task.target.shape[0]
        asked = self.settings.text or part_arguments.Part("")
        return part_arguments.call(words.adapt, asked, "--text", known)

    def parts(self, tasks):
        """Returns what to train and what to validate on: arguments of `load`.

        Args:
            tasks: List of `mm_keras.tasks.Task`, whose classes both get.

        Raises:
            ValueError: If there is no such data.
        """
        train = self.training_split()
        usual = [name for name in VALIDATION if name in self.source.splits]
        named = self.settings.validation or next(iter(usual), SHARE)
        if not is_share(named):
            return {"split": train}, {"split": named}
        return self.source.hold_out(
            train, float(named), tasks, lambda **part: self.load(tasks, **part)
        )

    def training_split(self):
        """Returns the name of the split to train on; None is all data."""
        known = list(self.source.splits)
        if self.settings.split or "train" in known:
            return self.settings.split or "train"
        if len(known) == 1:
            return known[0]
        raise ValueError(
            "mm-keras train expects a split named train, or --split with "
            f"another one. Received: splits {known}. Choose one of them."
        )


def is_share(text):
    """Whether a text is a share, and not the name of a split."""
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False
