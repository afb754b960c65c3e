"""From single examples to batches: the way that all data goes."""

import numpy as np
import tensorflow as tf

from mm_keras.data import epochs
from mm_keras.data import memory
from mm_keras.data import mosaic
from mm_keras.data import progress
from mm_keras.data import reading
from mm_keras.data.rows import RowMaker
from mm_keras.data.unlabelled import fill_unlabelled


def batches(
    examples,
    name,
    *,
    tasks,
    inputs=("image",),
    batch_size=32,
    image_size=None,
    keep_aspect=False,
    text=None,
    augment=None,
    shuffle=False,
    seed=None,
    first_epoch=0,
    cache=None,
    drop_remainder=False,
    pictures=(),
    paths=(),
    reorder=None,
    derived=None,
):
    """Makes batches that `fit` takes out of single examples.

    Args:
        examples: A `tf.data.Dataset` of `(inputs, features)`, two
            dictionaries: what models may be fed with, and what labels are
            read from.
        name: What messages call the data set.
        tasks: List of `mm_keras.tasks.Task`.
        inputs: Names of the inputs to feed.
        batch_size: Number of examples per batch.
        image_size: `(height, width)` that pictures and masks are resized to.
            None leaves them as they are.
        keep_aspect: Whether proportions are kept: what is then free is black,
            in masks background or the task's `ignore_class`.
        text: An adapted `keras.layers.TextVectorization`, or None.
        augment: A `mm_keras.data.Augmentation`, or None.
        shuffle: Whether every epoch has a new order.
        seed: Seed of order and augmentation, which follow from it and from the
            number of the epoch. None takes one from the seed of Keras.
        first_epoch: Number of the epoch that is read first.
        cache: Whether examples stay in memory, as they are before any
            augmentation: decoded, or else encoded. None: where they are
            shuffled, and fit.
        drop_remainder: Whether to drop the last, smaller batch.
        pictures: Names of inputs that are the bytes of a JPEG, PNG, GIF, BMP or
            WebP file, scalar strings, to be decoded here.
        paths: Names of inputs that are paths of such files, scalar strings,
            to be read and decoded here. A shuffled data set of paths is
            shuffled as a whole, whatever its size.
        reorder: Function of an int64 seed that returns the examples in
            another order, that of their files. It gives every epoch its own
            where not all can be shuffled at once.
        derived: Dictionary of `mm_keras.data.derived.Derived` by feature,
            which are derived anew where the augmentation moves objects.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`.

    Raises:
        ValueError: If the data set does not offer an input, or a label that
            fits the target of a task.
    """
    _check_size(image_size)
    reading.check_inputs(examples, inputs, name)
    maker = RowMaker(
        tasks=tasks,
        inputs=tuple(inputs),
        image_size=image_size,
        keep_aspect=keep_aspect,
        text=text,
        augment=augment,
        pictures=pictures,
        paths=paths,
        derived=derived or {},
    )

    def number(examples):
        return examples.enumerate().map(_plain(maker.choose), tf.data.AUTOTUNE)

    order = {"shuffle": shuffle, "seed": seed, "first_epoch": first_epoch}
    if reorder is not None:
        order["reorder"] = lambda key: number(reorder(key))
    rows = _make(number(examples), maker, name, cache=cache, **order)
    reading.check_static_shapes(rows, name)
    if augment is not None and augment.mosaic:
        mosaic.check(tasks, rows.element_spec[0])
    rows = rows.batch(batch_size, drop_remainder=drop_remainder)
    return rows.map(_weighing(tasks)).prefetch(tf.data.AUTOTUNE)


def _check_size(image_size):
    """Raises unless it is a pair of whole numbers above 0, or None."""
    if image_size is None:
        return
    sides = image_size if isinstance(image_size, tuple | list) else ()
    if len(sides) != 2 or not all(
        isinstance(side, int | np.integer) and side > 0 for side in sides
    ):
        raise ValueError(
            "Argument `image_size` expects (height, width) in pixels, or None. "
            f"Received: image_size={image_size!r}. For a square write "
            "image_size=(224, 224)."
        )


def _make(rows, maker, name, *, cache, shuffle, reorder=None, **order):
    """Makes rows, in the order of each epoch."""
    augments = maker.augment is not None
    prepare = _plain(maker.decode if augments else maker.finish)
    rows, prepared, room = _keep(rows, prepare, cache, shuffle)
    finished = prepared and not augments
    if not (shuffle or augments):
        return rows if finished else rows.map(prepare, tf.data.AUTOTUNE)
    if prepared or not shuffle or room == int(rows.cardinality()):
        reorder = None

    def show(rows):
        return progress.show(rows, name, room)

    rows = epochs.in_epochs(
        show(rows),
        room=room,
        reorder=reorder and (lambda key: show(reorder(key))),
        **order,
    )

    def finish(key, row):
        return row if finished else maker.finish(*row, key=key)

    return rows.map(_plain(finish), tf.data.AUTOTUNE)


def _keep(rows, prepare, cache, shuffle):
    """Keeps rows in memory where they fit.

    Returns:
        The rows, whether they are prepared, and how many are shuffled at once.
    """
    if cache is None and not shuffle:
        # TensorFlow complains whenever somebody looks at the first rows only.
        cache = False
    rows, prepared, kept = memory.plan(rows, prepare, cache)
    room = memory.room(rows) if shuffle else 1
    return (rows.cache() if kept else rows), prepared, room


def _weighing(tasks):
    """Returns what adds weights to a batch, and makes its mosaics."""

    def weigh(inputs, labels, chosen=None):
        size = tf.shape(next(iter(inputs.values())))[0]
        labels, weights = fill_unlabelled(labels, tasks, batch_size=size)
        if chosen is None:
            return inputs, labels, weights
        return mosaic.make(inputs, labels, weights, chosen, tasks)

    return weigh


def _plain(function):
    """Keeps AutoGraph out, so that errors stay readable."""
    return tf.autograph.experimental.do_not_convert(function)
