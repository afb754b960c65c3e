"""Turns one example of a data set into the inputs and targets of one row."""

import dataclasses

import tensorflow as tf

from mm_keras.data import decoding
from mm_keras.data import images
from mm_keras.data import targets


@dataclasses.dataclass(frozen=True)
class RowMaker:
    """Makes a row of inputs and targets of an example of inputs and features.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
        inputs: Names of the inputs to feed.
        image_size: `(height, width)` of pictures and masks, or None.
        text: A `keras.layers.TextVectorization`, or None.
        pictures: Names of inputs that are encoded pictures.
        paths: Names of inputs that are paths of encoded pictures.
    """

    tasks: list
    inputs: tuple
    image_size: tuple | None = None
    text: object = None
    pictures: tuple = ()
    paths: tuple = ()

    def choose(self, index, example):
        """Keeps what the tasks and the model read, as it is."""
        offered, features = example
        targets.check_features(self.tasks, features)
        roots = {targets.feature_name(t).split("/")[0] for t in self.tasks}
        kept = {name: v for name, v in features.items() if name in roots}
        return index, {name: offered[name] for name in self.inputs}, kept

    def decode(self, index, inputs, features):
        """Decodes pictures at their full size."""
        return index, self._open(inputs, lambda size: 1.0), features

    def finish(self, index, inputs, features):
        """Decodes, resizes and converts."""
        inputs = self._open(inputs, self._shrink)
        labels = {
            task.name: targets.read_target(task, features, inputs, index)
            for task in self.tasks
        }
        if self.image_size is not None:
            inputs, labels = self._resize(inputs, labels)
        return self._vectorize(inputs), labels

    def _open(self, inputs, shrink):
        """Decodes those inputs that are still encoded."""
        opened = dict(inputs)
        for name in {*self.pictures, *self.paths} & set(inputs):
            value = inputs[name]
            if value.dtype != tf.string:
                continue
            if name in self.paths:
                value = tf.io.read_file(value)
            size = decoding.encoded_size(value)
            opened[name], _ = decoding.decode(value, shrink(size))
        return opened

    def _shrink(self, size):
        """How many pixels of a picture come to one that is needed."""
        if self.image_size is None:
            return 1.0
        return tf.reduce_min(tf.cast(size / self.image_size, tf.float32))

    def _resize(self, inputs, labels):
        inputs = {
            name: images.resize_image(value, self.image_size)
            if images.is_image(value)
            else value
            for name, value in inputs.items()
        }
        masks = {
            task.name: images.resize_mask(labels[task.name], self.image_size)
            for task in self.tasks
            if task.target.kind == "mask"
        }
        return inputs, {**labels, **masks}

    def _vectorize(self, inputs):
        if self.text is None:
            return inputs
        return {
            name: tf.cast(self.text(value), tf.int32)
            if value.dtype == tf.string
            else value
            for name, value in inputs.items()
        }
