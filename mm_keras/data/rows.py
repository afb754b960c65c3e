"""Turns one example of a data set into the inputs and targets of one row."""

import dataclasses

import tensorflow as tf

from mm_keras.data import coloring
from mm_keras.data import decoding
from mm_keras.data import derived
from mm_keras.data import draws
from mm_keras.data import images
from mm_keras.data import moving
from mm_keras.data import placement
from mm_keras.data import targets
from mm_keras.data import turning


@dataclasses.dataclass(frozen=True)
class RowMaker:
    """Makes rows of inputs and targets of examples of inputs and features.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
        inputs: Names of the inputs to feed.
        image_size: `(height, width)` of pictures and masks, or None.
        keep_aspect: Whether pictures keep their proportions.
        text: A `keras.layers.TextVectorization`, or None.
        augment: A `mm_keras.data.Augmentation`, or None.
        pictures: Names of inputs that are encoded pictures.
        paths: Names of inputs that are paths of encoded pictures.
        derived: Dictionary of `mm_keras.data.derived.Derived` by feature.
    """

    tasks: list
    inputs: tuple
    image_size: tuple | None = None
    keep_aspect: bool = False
    text: object = None
    augment: object = None
    pictures: tuple = ()
    paths: tuple = ()
    derived: dict = dataclasses.field(default_factory=dict)

    def choose(self, index, example):
        """Keeps what the tasks and the model read, as it is.

        Also the groups that these features follow from, if they may move.
        """
        offered, features = example
        targets.check_features(self.tasks, features)
        roots = {targets.feature_name(t).split("/")[0] for t in self.tasks}
        for name in roots & self.derived.keys() if self._moves else ():
            roots |= {*self.derived[name].groups}
        kept = {name: v for name, v in features.items() if name in roots}
        return index, {name: offered[name] for name in self.inputs}, kept

    def decode(self, index, inputs, features):
        """Decodes pictures, at their full size."""
        inputs = self._read(inputs)
        opened = {n: decoding.decode(inputs[n]) for n in self._encoded(inputs)}
        return index, {**inputs, **opened}, features

    def finish(self, index, inputs, features, key=None):
        """Decodes, augments, resizes and converts.

        Args:
            index: Number of the example, int64.
            inputs: Dictionary of the chosen inputs.
            features: Dictionary of the features that tasks read.
            key: Number that seeds the augmentation, int64; see
                `mm_keras.data.epochs`.

        Returns:
            `(inputs, targets)`, two dictionaries. With a mosaic, also whether
            the row becomes one.
        """
        inputs = self._read(inputs)
        draw = None
        if self.augment is not None:
            draw = draws.draw(self.augment, key, index)
        place = self._place(inputs, features, draw)
        fed = self._feed(inputs, place, draw)
        features = self._move(features, place)
        labels = {}
        for task in self.tasks:
            label = targets.read_target(task, features, fed, index)
            labels[task.name] = moving.move_label(
                task, label, place, self.augment
            )
        row = self._vectorize(fed), labels
        if self.augment is None or not self.augment.mosaic:
            return row
        return *row, draw["mosaic"]

    @property
    def _moves(self):
        return self.augment is not None and self.augment.moves

    def _move(self, features, place):
        """Moves groups of objects, and says anew what follows from them."""
        features = moving.move_boxes(features, place, self.augment)
        if not self._moves:
            return features
        read = {n: d for n, d in self.derived.items() if n in features}
        return derived.add(features, read)

    def _read(self, inputs):
        """Reads the files of pictures that are given as paths."""
        return {
            name: tf.io.read_file(value)
            if name in self.paths and value.dtype == tf.string
            else value
            for name, value in inputs.items()
        }

    def _encoded(self, inputs):
        """Names of the inputs that are encoded pictures still."""
        return [
            name
            for name in (*self.pictures, *self.paths)
            if name in inputs and inputs[name].dtype == tf.string
        ]

    def _texts(self, inputs):
        encoded = self._encoded(inputs)
        return [
            value
            for name, value in inputs.items()
            if value.dtype == tf.string and name not in encoded
        ]

    def _place(self, inputs, features, draw):
        """Decides where the picture goes; without one nothing moves."""
        extent = self._extent(inputs, features)
        if extent is None:
            return placement.Placement()
        turn = mirrored = None
        if self._moves:
            turn, mirrored = turning.draw_turn(
                self.augment, draw, extent, self._texts(inputs)
            )
        return placement.place(
            extent, self.image_size, self.keep_aspect, turn, mirrored
        )

    def _extent(self, inputs, features):
        """Height and width of the first picture, or of a map of labels.

        None without any.
        """
        encoded = self._encoded(inputs)
        for name, value in inputs.items():
            if name in encoded:
                return tf.cast(decoding.encoded_size(value), tf.float32)
            if images.is_image(value):
                return images.extent(value)
        for task in self.tasks:
            value = targets.find_feature(task, features)
            if task.target.kind in ("mask", "depth"):
                return images.extent(value)
        return None

    def _feed(self, inputs, place, draw):
        """Draws all pictures; the other inputs stay."""
        encoded, texts = self._encoded(inputs), self._texts(inputs)
        fed = dict(inputs)
        for name, value in inputs.items():
            if name in encoded:
                picture = self._draw_encoded(value, place)
            elif images.is_image(value):
                picture = place.picture(value, images.extent(value))
            else:
                self._check_that_it_may_stay(name, value)
                continue
            if self.augment is not None and self.augment.recolors:
                picture = coloring.recolor(self.augment, draw, picture, texts)
            fed[name] = images.as_dtype(picture, tf.uint8)
        return fed

    def _draw_encoded(self, encoded, place):
        """Decodes no more than is needed, and draws it."""
        size = tf.cast(decoding.encoded_size(encoded), tf.float32)
        ratio = decoding.reduction(encoded, place.shrink(size))
        picture = decoding.decode(encoded, ratio)
        return place.picture(picture, size, ratio)

    def _check_that_it_may_stay(self, name, value):
        """Raises if an input looks like a map that should move as well."""
        if self._moves and value.shape.rank == 3:
            raise ValueError(
                f"Input {name!r} expects to be a picture, bytes of shape "
                "(height, width, channels), to be moved by the augmentation. "
                f"Received: {value.dtype.name} {tuple(value.shape)}. Leave "
                "out what moves pictures, or this input."
            )

    def _vectorize(self, inputs):
        if self.text is None:
            return inputs
        return {
            name: tf.cast(self.text(value), tf.int32)
            if value.dtype == tf.string
            else value
            for name, value in inputs.items()
        }
