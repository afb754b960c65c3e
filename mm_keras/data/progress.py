"""Says how far reading is, where it takes long until the first batch."""

import time

import tensorflow as tf

# Seconds between messages; what is read sooner goes without any.
PAUSE = 10
# The time is looked at once in so many rows.
_STEP = 32


def show(rows, name, count):
    """Says on standard output how far the first rows of each epoch are.

    Args:
        rows: A `tf.data.Dataset`.
        name: Name of the data set.
        count: Number of rows that are read before the first is used.

    Returns:
        The same rows.
    """
    said = time.monotonic()

    def say(number):
        nonlocal said
        now = time.monotonic()
        if number > 0 and now - said >= PAUSE:
            print(f"Reading {name}: {number:,} of {count:,} ...", flush=True)
        if number == 0 or now - said >= PAUSE:
            said = now
        return True

    @tf.autograph.experimental.do_not_convert
    def watch(number, row):
        tf.cond(
            (number % _STEP == 0) & (number < count),
            lambda: tf.numpy_function(say, [number], tf.bool),
            lambda: False,
        )
        return row

    return rows.enumerate().map(watch)
