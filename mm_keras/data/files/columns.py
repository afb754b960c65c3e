"""Columns of a table, and what their cells mean as inputs."""

import dataclasses
import functools

import numpy as np

from mm_keras.data.files import pictures
from mm_keras.data.files import records

SEPARATOR = ";"


@dataclasses.dataclass(frozen=True)
class Column:
    """How the cells of one or several columns become a value.

    Args:
        names: Names of the columns.
        convert: Function from the cells of a row, none of them empty, to
            `(value, problem)`.
        offer: What offers the values to `tf.data`, from `records`.
        missing: Value of a row without a label. None if a row cannot do
            without the value.
        class_names: Names of the classes, where there are any.
    """

    names: tuple
    convert: object
    offer: object = records.values
    missing: object = None
    class_names: tuple | None = None

    def read(self, row):
        """Returns the value of a row, and what is wrong with it."""
        cells = [row[name].strip() for name in self.names]
        empty = [n for n, c in zip(self.names, cells, strict=True) if not c]
        if empty:
            return self.missing, f"column {empty[0]!r} is empty"
        value, problem = self.convert(cells)
        return (self.missing if problem else value), problem


def input_column(names, rows, folder):
    """Finds out what most cells of columns hold.

    Args:
        names: Name of a column, or a list of names of columns of numbers.
        rows: List of dictionaries by column.
        folder: Folder that names of pictures are relative to.
    """
    if not isinstance(names, str):
        return Column(tuple(names), _to_numbers)
    cells = [row[names].strip() for row in rows]
    cells = [cell for cell in cells if cell]
    if _most(pictures.is_picture, cells):
        convert = functools.partial(to_path, folder=folder)
        return Column((names,), convert, records.paths)
    if _most(_is_number, cells):
        return Column((names,), _to_numbers)
    return Column((names,), to_text, records.texts)


def _most(condition, cells):
    return sum(map(condition, cells)) * 2 > len(cells)


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def split(cell):
    """Returns the parts of a cell; of a lone separator, none."""
    parts = [part.strip() for part in cell.split(SEPARATOR)]
    return [part for part in parts if part]


def to_text(cells):
    """Returns the cell as it is."""
    return cells[0], None


def to_path(cells, folder):
    """Returns the path of a picture."""
    return str(folder / cells[0]), None


def _to_numbers(cells):
    """Numbers among the inputs; unlike labels, they are never NaN."""
    value, problem = to_several(cells, units=len(cells))
    if problem is None and np.any(np.isnan(value)):
        problem = f"{SEPARATOR.join(cells)!r} is not a number"
    return value, problem


def to_several(cells, units):
    """Returns an array of numbers, and what is wrong with the cells."""
    parts = [part for cell in cells for part in split(cell)]
    if len(parts) != units or not all(map(_is_number, parts)):
        return None, f"{SEPARATOR.join(cells)!r} is not {units} number(s)"
    value = np.array([float(part) for part in parts], "float32")
    if np.any(np.isinf(value)):
        return None, f"{SEPARATOR.join(cells)!r} is not finite"
    return value, None
