"""From single examples to batches: the way that all data goes."""

import tensorflow as tf

from mm_keras.data import reading
from mm_keras.data.rows import RowMaker
from mm_keras.data.unlabelled import fill_unlabelled

# Up to this size examples stay in memory, to be shuffled as a whole.
MEMORY_LIMIT = 512 * 2**20


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
        keep_aspect: Whether proportions are kept.
        text: An adapted `keras.layers.TextVectorization`, or None.
        augment: A `mm_keras.data.Augmentation`, or None.
        shuffle: Whether every epoch has a new order.
        seed: Seed of order and augmentation.
        first_epoch: Number of epochs that were read before.
        cache: Whether examples stay in memory. None: where they fit.
        drop_remainder: Whether to drop the last, smaller batch.
        pictures: Names of inputs that are the bytes of a JPEG or PNG file,
            scalar strings, to be decoded here.
        paths: Names of inputs that are paths of such files, scalar strings,
            to be read and decoded here. A shuffled data set of paths is
            shuffled as a whole, whatever its size.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`.

    Raises:
        ValueError: If the data set does not offer an input, or a label that
            fits the target of a task.
    """
    reading.check_inputs(examples, inputs, name)
    maker = RowMaker(tasks, tuple(inputs), image_size, text, pictures, paths)
    rows = examples.enumerate().map(_plain(maker.choose), tf.data.AUTOTUNE)
    rows = rows.map(_plain(maker.finish), tf.data.AUTOTUNE)
    reading.check_static_shapes(rows, name)
    if shuffle:
        rows = _shuffle(rows, seed)

    def weigh(inputs, labels):
        size = tf.shape(next(iter(inputs.values())))[0]
        return inputs, *fill_unlabelled(labels, tasks, batch_size=size)

    rows = rows.batch(batch_size, drop_remainder=drop_remainder)
    return rows.map(weigh).prefetch(tf.data.AUTOTUNE)


def _plain(function):
    """Keeps AutoGraph out, so that errors stay readable."""
    return tf.autograph.experimental.do_not_convert(function)


def _shuffle(rows, seed):
    """Shuffles as many rows at once as memory allows."""
    room = max(1, MEMORY_LIMIT // reading.bytes_per_example(rows))
    count = int(rows.cardinality())
    if 0 < count <= room:
        rows, room = rows.cache(), count
    return rows.shuffle(room, seed=seed, reshuffle_each_iteration=True)
