"""From a list of plain records to a `tf.data.Dataset` of examples."""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Record:
    """One sample of a user's files.

    Args:
        name: What reports call it.
        inputs: Dictionary by modality: numbers, texts or paths of files.
        features: Dictionary by feature of what labels are read from.
    """

    name: str
    inputs: dict
    features: dict


def values(column):
    """Offers numbers, or arrays of one shape."""
    rows = tf.constant(np.stack(column))
    return lambda index: tf.gather(rows, index)


def texts(column):
    """Offers texts."""
    rows = tf.constant(column, tf.string)
    return lambda index: tf.gather(rows, index)


def paths(column):
    """Offers paths of pictures: whoever resizes them reads them."""
    return texts(column)


def lists(column):
    """Offers arrays whose first axis varies in length."""
    rows = tf.constant(np.concatenate(column))
    ends = tf.constant(np.cumsum([0, *map(len, column)]))
    return lambda index: rows[ends[index] : ends[index + 1]]


def masks(column):
    """Offers class ids a pixel, `(height, width, 1)`, from PNG in memory."""
    encoded = texts(column)
    return lambda index: _decode_mask(encoded(index))


def mask_files(column):
    """Offers class ids a pixel, `(height, width, 1)`, from PNG files."""
    path = paths(column)
    return lambda index: _decode_mask(tf.io.read_file(path(index)))


def _decode_mask(data):
    return tf.io.decode_png(data, channels=1)


def to_examples(records, *, inputs, features):
    """Makes a data set of `(inputs, features)`, in the order of the records.

    Args:
        records: List of `Record`, at least one.
        inputs: Dictionary from a modality to what offers its column:
            `values`, `texts`, `paths`.
        features: Dictionary from a feature to what offers its column; a
            group of features has a dictionary of them.

    Returns:
        A `tf.data.Dataset`.
    """
    readers = (
        _readers(inputs, [record.inputs for record in records]),
        _readers(features, [record.features for record in records]),
    )

    def read(index):
        return tf.nest.map_structure(lambda reader: reader(index), readers)

    indices = tf.data.Dataset.range(len(records))
    return indices.map(read, tf.data.AUTOTUNE)


def _readers(offers, rows):
    """Applies what offers columns to the columns of the same names."""
    return {
        name: _readers(offer, [row[name] for row in rows])
        if isinstance(offer, dict)
        else offer([row[name] for row in rows])
        for name, offer in offers.items()
    }
