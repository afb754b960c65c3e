import numpy as np

from mm_keras.data.validation.batch import is_numeric
from mm_keras.data.validation.batch import LONG


class InputChecks:
    """Finds samples whose inputs are broken or empty."""

    def look(self, batch):
        """Yields a `Finding` for each fault of a batch."""
        for name, values in batch.inputs.items():
            if is_numeric(values):
                broken = count_broken(values)
                yield from _check_finite(batch, name, values, broken)
                sound = (broken == 0) & batch.present(name)
                yield from _check_constant(batch, name, values, sound)
                if is_float_picture(values):
                    yield from _check_range(batch, name, values, sound)

    def end(self):
        """Nothing is known only at the end."""
        return ()


def count_broken(values):
    """How many values of each row are NaN or infinite."""
    if values.dtype.kind != "f":
        return np.zeros(len(values), "int64")
    return np.sum(~np.isfinite(_flat(values)), axis=1)


def is_float_picture(values):
    """Whether an input is pictures of three channels that are no bytes."""
    shape, kind = values.shape, values.dtype.kind
    return len(shape) == 4 and shape[-1] == 3 and kind == "f"


def constant_rows(values):
    """Which rows hold one value throughout, and are long enough to tell."""
    flat = _flat(values)
    if not len(flat) or flat[0].nbytes < LONG:
        return np.zeros(len(flat), bool)
    # Few rows pass the first look, so the second costs little.
    constant = np.all(flat[:, :LONG] == flat[:, :1], axis=1)
    for row in np.flatnonzero(constant):
        constant[row] = np.all(flat[row] == flat[row, 0])
    return constant


def _check_finite(batch, name, values, broken):
    for row in np.flatnonzero((broken > 0) & batch.present(name)):
        text = f"{broken[row]} of {values[row].size} values are NaN or infinite"
        yield batch.finding(row, name, "not finite", text)


def _check_constant(batch, name, values, sound):
    for row in np.flatnonzero(constant_rows(values) & sound):
        value = values[row].flat[0]
        text = f"all {values[row].size} values are {value:g}"
        yield batch.finding(row, name, "constant", text)


def _check_range(batch, name, values, sound):
    low, high = _flat(values).min(axis=1), _flat(values).max(axis=1)
    for row in np.flatnonzero(((low < 0) | (high > 255)) & sound):
        text = (
            "expected values in 0-255, received values from "
            f"{low[row]:g} to {high[row]:g}"
        )
        yield batch.finding(row, name, "range", text)


def _flat(values):
    return values.reshape(len(values), -1)
