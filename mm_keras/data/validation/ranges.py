import numpy as np

from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import is_numeric
from mm_keras.data.validation.inputs import count_broken
from mm_keras.data.validation.inputs import is_float_picture

# A table has at most so many columns; a sound has more.
WIDEST = 1000
# As many columns are named.
SHOWN = 10


class Ranges:
    """Finds pictures of another scale, and columns that never change."""

    def __init__(self):
        self._highest = {}
        self._columns = {}

    def look(self, batch):
        """Remembers the ranges of a batch."""
        for name, values in batch.inputs.items():
            if not is_numeric(values):
                continue
            sound = (count_broken(values) == 0) & batch.present(name)
            if is_float_picture(values) and np.any(sound):
                key = batch.split, name
                highest = max(self._highest.get(key, 0.0), values[sound].max())
                self._highest[key] = highest
            if is_table(values) and np.any(sound):
                self._remember_columns(batch.split, name, values[sound])
        return ()

    def end(self):
        """Yields a `Finding` for each fault of an input as a whole."""
        for (split, name), highest in self._highest.items():
            if highest <= 1.0:
                text = (
                    f"no value is above {highest:g}; encoders expect pictures "
                    "in 0-255, and scale them"
                )
                yield Finding(split, None, name, "scale", text)
        for name, (split, low, high) in self._columns.items():
            fixed = np.flatnonzero(low == high).tolist()
            if fixed:
                more = " and more" * (len(fixed) > SHOWN)
                text = (
                    f"columns {fixed[:SHOWN]}{more} have one value throughout"
                )
                yield Finding(split, None, name, "column", text)

    def _remember_columns(self, split, name, values):
        low, high = values.min(axis=0), values.max(axis=0)
        first, lowest, highest = self._columns.get(name, (split, low, high))
        low, high = np.minimum(low, lowest), np.maximum(high, highest)
        self._columns[name] = first, low, high


def is_table(values):
    """Whether an input is real numbers in columns of one meaning each.

    Whole numbers are ids of words: those after the longest text are all 0.
    """
    real = values.ndim == 2 and values.dtype.kind == "f"
    return real and 1 < values.shape[1] <= WIDEST
