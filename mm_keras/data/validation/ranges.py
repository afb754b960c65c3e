import numpy as np

from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import is_numeric
from mm_keras.data.validation.inputs import count_broken
from mm_keras.data.validation.inputs import is_float_picture


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
            if values.ndim == 2 and values.shape[1] > 1 and np.any(sound):
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
                text = f"columns {fixed} have one value in all splits"
                yield Finding(split, None, name, "column", text)

    def _remember_columns(self, split, name, values):
        low, high = values.min(axis=0), values.max(axis=0)
        first, lowest, highest = self._columns.get(name, (split, low, high))
        low, high = np.minimum(low, lowest), np.maximum(high, highest)
        self._columns[name] = first, low, high
