"""Keeps rows in memory where they fit, in the form that saves most work."""

import tensorflow as tf

# Up to this size rows stay in memory, and so many are shuffled at once.
LIMIT = 512 * 2**20
# So many rows are looked at where their size varies.
_SAMPLE = 8


def plan(rows, prepare, cache):
    """Decides in which form rows are kept in memory, if at all.

    Args:
        rows: A `tf.data.Dataset` of known length, or not.
        prepare: What could be done once for all epochs: a function of a row.
        cache: None keeps them prepared if they fit so, else as they are if
            they fit so: pictures encoded, as in their files. True keeps them
            prepared, False not at all.

    Returns:
        `(rows, prepared, kept)`: a `tf.data.Dataset`, not yet cached, whether
        its rows are prepared, and whether to cache them.
    """
    if cache is False:
        return rows, False, False
    prepared = rows.map(prepare, tf.data.AUTOTUNE)
    if cache or _fit(prepared):
        return prepared, True, True
    return rows, False, _fit(rows)


def room(rows):
    """Returns how many rows may be shuffled at once."""
    count = int(rows.cardinality())
    most = max(1, int(LIMIT // max(1, bytes_per_row(rows))))
    return min(count, most) if count > 0 else most


def bytes_per_row(rows):
    """Returns the memory that a row takes: the most, where it varies."""
    specs = tf.nest.flatten(rows.element_spec)
    if all(s.shape.is_fully_defined() and s.dtype != tf.string for s in specs):
        return sum(s.shape.num_elements() * s.dtype.size for s in specs)
    return max(map(_bytes, rows.take(_SAMPLE)), default=0)


def _fit(rows):
    count = int(rows.cardinality())
    return count >= 0 and count * bytes_per_row(rows) <= LIMIT


def _bytes(row):
    return sum(_bytes_of(value) for value in tf.nest.flatten(row, True))


def _bytes_of(tensor):
    if tensor.dtype == tf.string:
        return int(tf.reduce_sum(tf.strings.length(tensor)))
    return tensor.shape.num_elements() * tensor.dtype.size
