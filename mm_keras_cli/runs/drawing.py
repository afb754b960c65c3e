"""Files of pictures with what was found in them."""

import pathlib

import numpy as np
import tensorflow as tf

from mm_keras.data import decoding
from mm_keras.explain.gallery import draw

# Small pictures are enlarged until a side has so many pixels.
LARGE = 480
# Height of a line below the picture, and dots, per inch.
LINE = 0.4
DPI = 100


def read(path):
    """Returns a picture in 0-255, of shape `(height, width, 3)`."""
    return decoding.decode(tf.io.read_file(path)).numpy()


def write(path, picture, note, *, names, least_score):
    """Writes a picture with what was found in it.

    Args:
        path: Path of the PNG file.
        picture: Array `(height, width, 3)` in 0-255.
        note: What to draw; see `mm_keras.explain.prediction`.
        names: List of the names of the classes of boxes, or None.
        least_score: Boxes of a lower score are left out.
    """
    from matplotlib.figure import Figure

    height, width = picture.shape[:2]
    scale = max(1.0, LARGE / max(height, width)) / DPI
    size = width * scale, height * scale + LINE
    figure = Figure(figsize=size, dpi=DPI)
    figure.set_layout_engine("constrained", w_pad=0, h_pad=0)
    if "mask" in note:
        note = {**note, "mask": stretch(note["mask"], (height, width))}
    axis = figure.add_subplot()
    draw(axis, picture, note, names=names, least_score=least_score)
    figure.savefig(path)


def stretch(mask, size):
    """Returns a mask of another size, by the nearest pixels."""
    rows, columns = (
        (np.arange(new) + 0.5) * old // new
        for new, old in zip(size, mask.shape, strict=False)
    )
    return mask[np.ix_(rows.astype(int), columns.astype(int))]


def file_names(names):
    """Returns a name for the file of each example, no two of them the same."""
    files = [f"{_stem(pathlib.PurePath(name))}.png" for name in names]
    return [
        file if files.count(file) == 1 else f"{number}_{file}"
        for number, file in enumerate(files)
    ]


def _stem(path):
    """The name of a picture without its ending, or of a row of a table."""
    return path.name.replace(":", "_") if ":" in path.name else path.stem
