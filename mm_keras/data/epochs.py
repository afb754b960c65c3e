"""Gives every epoch its own order and its own draws, the same each time."""

import itertools
import random

import numpy as np
import tensorflow as tf


def in_epochs(rows, *, seed, first_epoch, room, reorder=None):
    """Reads rows in another order in every epoch.

    All that is random in an epoch follows from the seed and from the number
    of the epoch, which is how often the result was read before, plus
    `first_epoch`. So whoever starts at an epoch sees what somebody sees who
    arrives there.

    Args:
        rows: A `tf.data.Dataset`.
        seed: Seed. None draws one, which follows from the seed of Keras.
        first_epoch: Number of the epoch that is read first, from 0.
        room: Number of rows to shuffle at once; 1 leaves them in order.
        reorder: Function of an int64 seed that returns the same rows in
            another order, such as that of their files. None starts every
            epoch from the order of `rows`.

    Returns:
        A `tf.data.Dataset` of `(key, row)`. The key is an int64 scalar,
        another one in every epoch: with the number of an example it seeds
        what is drawn for it.
    """
    if seed is None:
        seed = random.randrange(2**31)
    numbers = itertools.count(first_epoch)

    @tf.autograph.experimental.do_not_convert
    def read_epoch(_):
        # Not before the first row is asked for: Keras makes iterators that
        # it never reads.
        number = tf.numpy_function(
            lambda: np.int64(next(numbers)), [], tf.int64
        )
        key = tf.random.stateless_uniform(
            (), tf.stack([seed, number]), None, None, tf.int64
        )
        # Only of this function: the order shall follow from the key alone.
        tf.random.set_seed(1)
        ordered = rows if reorder is None else reorder(key)
        if room > 1:
            ordered = ordered.shuffle(room, key, reshuffle_each_iteration=False)
        keys = tf.data.Dataset.from_tensors(key).repeat()
        return tf.data.Dataset.zip(keys, ordered)

    epoch = tf.data.Dataset.from_tensors(0).flat_map(read_epoch)
    count = rows.cardinality()
    if count < 0:
        return epoch
    return epoch.apply(tf.data.experimental.assert_cardinality(count))
