import numpy as np
import tensorflow as tf

from mm_keras.data import epochs
from mm_keras.data.mixing import unpack


def pair(first, second, *, by, batch_size=32, seed=None, first_epoch=0):
    """Gives each row of a data set a partner out of another one.

    A partner is a row with the same value of `by`: the same number of a
    picture joins its boxes with its captions; the same class pairs a written
    digit with a spoken one. Where several rows fit, one is drawn, in every
    epoch anew; `.cache()` behind it keeps the draw, for validation.

    Rows without a partner are left out, and so are rows without a label for
    the task `by`. The second data set is read here, once, and kept in memory:
    let it be the smaller one, and in a fixed order (`shuffle=False`, or with a
    seed) if draws shall be repeatable.

    Args:
        first: Data set of batches, as of `mm_keras.data.load`.
        second: Data set of batches, of other inputs.
        by: Name of a task of both, or of an input of both, which then is not
            passed on: no model reads the number of a picture.
        batch_size: Number of pairs per batch.
        seed: Seed of the draws, which follow from it and from the number of
            the epoch. None takes one from the seed of Keras.
        first_epoch: Number of the epoch that is read first; give it to
            `first` as well.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`, with the
        inputs and targets of both.

    Raises:
        ValueError: If a data set lacks `by`, the second one has nobody to pair
            with, or both have another input or target of one name.

    Example:

    >>> label = mm_keras.tasks.classification("label", 3)
    >>> drawn, said = [
    ...     mm_keras.data.from_arrays(
    ...         {name: np.array([[0.0], [1.0], [2.0]])},
    ...         {"label": np.array([0, 1, 2])},
    ...         tasks=[label],
    ...     )
    ...     for name in ("image", "audio")
    ... ]
    >>> pairs = mm_keras.data.pair(drawn, said, by="label", seed=0)
    >>> inputs, targets, sample_weights = next(iter(pairs))
    >>> inputs["audio"].numpy().ravel(), targets["label"].numpy()
    (array([0., 1., 2.], dtype=float32), array([0, 1, 2], dtype=int32))
    """
    _check(unpack(first.element_spec), unpack(second.element_spec), by)
    rows = _Rows(second, by)

    @tf.autograph.experimental.do_not_convert
    def join(key, numbered):
        number, batch = numbered
        batch = unpack(batch)
        partners, found = rows.draw(*_keys(batch, by), tf.stack([key, number]))
        joined = _join(batch, rows.gather(partners), by)
        return tf.nest.map_structure(
            lambda value: tf.boolean_mask(value, found), joined
        )

    batches = epochs.in_epochs(
        first.enumerate(), seed=seed, first_epoch=first_epoch, room=1
    )
    both = batches.map(join, tf.data.AUTOTUNE)
    return both.rebatch(batch_size).prefetch(tf.data.AUTOTUNE)


class _Rows:
    """The rows of a data set, in memory, found by a key.

    Args:
        dataset: Data set of batches.
        by: Name of the key.
    """

    def __init__(self, dataset, by):
        batches = [unpack(batch) for batch in dataset.as_numpy_iterator()]
        self.values = tf.nest.map_structure(
            lambda *parts: tf.constant(np.concatenate(parts)), *batches
        )
        keys, known = (tensor.numpy() for tensor in _keys(self.values, by))
        if not known.any():
            raise ValueError(
                "Argument `second` of pair expects rows with a value of "
                f"{by!r}. Received: {len(known)} rows, all without. Load those "
                "that are labelled."
            )
        names, groups = np.unique(keys[known], return_inverse=True)
        # Rows of one key follow one another in `order`.
        order = np.flatnonzero(known)[np.argsort(groups, kind="stable")]
        counts = np.bincount(groups)
        self.order = tf.constant(order, tf.int64)
        self.counts = tf.constant(counts, tf.int64)
        self.starts = tf.constant(np.cumsum(counts) - counts, tf.int64)
        self.groups = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(names, tf.string),
                tf.range(len(names), dtype=tf.int64),
            ),
            default_value=-1,
        )

    def draw(self, keys, known, seed):
        """Draws a row of the same key for each key.

        Args:
            keys: String tensor `(rows,)`.
            known: Boolean tensor `(rows,)`: whether there is a key.
            seed: int64 tensor `(2,)`.

        Returns:
            The numbers of rows, `(rows,)`, and whether there was any.
        """
        group = tf.where(known, self.groups.lookup(keys), -1)
        found = group >= 0
        group = tf.where(found, group, 0)
        number = tf.random.stateless_uniform(
            tf.shape(keys), seed, 0, 2**62, tf.int64
        )
        place = number % tf.gather(self.counts, group)
        place += tf.gather(self.starts, group)
        return tf.gather(self.order, place), found

    def gather(self, rows):
        return tf.nest.map_structure(
            lambda values: tf.gather(values, rows), self.values
        )


def _keys(batch, by):
    """Returns the keys of a batch as strings, and whether there is one."""
    inputs, targets, weights = batch
    keys = targets[by] if by in targets else inputs[by]
    known = tf.ones(tf.shape(keys), tf.bool)
    if by in weights:
        known = weights[by] > 0
    return keys if keys.dtype == tf.string else tf.as_string(keys), known


def _join(first, second, by):
    """Joins rows; a key that is an input is left out, a label is kept once."""
    inputs, targets, weights = (
        {**other, **given} for given, other in zip(first, second, strict=True)
    )
    inputs.pop(by, None)
    return inputs, targets, weights


def _check(first, second, by):
    """Raises if two data sets cannot be paired."""
    for inputs, targets, _ in (first, second):
        spec = targets.get(by, inputs.get(by))
        if spec is None or spec.shape.rank != 1:
            raise ValueError(
                "Argument `by` of pair expects a task or an input of both data "
                "sets, with one value for each row. Received: "
                f"by={by!r}, inputs {list(inputs)}, tasks {list(targets)}. "
                "Load both with it."
            )
    for what, one, other in zip(
        ("inputs", "targets"), first, second, strict=False
    ):
        both = sorted((set(one) & set(other)) - {by})
        if both:
            raise ValueError(
                f"Data sets that are paired expect {what} of different names. "
                f"Received: {both} in both. Load one of them without, or "
                "rename them in a view."
            )
