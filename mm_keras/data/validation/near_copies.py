import numpy as np

from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import is_numeric

# Pictures are compared as squares of so many cells a side, whose mean may
# differ by so much of 0-255: what another quality of JPEG or another size does.
CELLS = 8
TOLERANCE = 3.0
# In smaller pictures a cell has too few pixels, and those of so few shades are
# alike without being copies.
SMALLEST = 16 * CELLS
PALEST = 16.0
# So many are looked up at once: of a fixed camera all pictures are alike.
CHUNK = 128


class NearCopies:
    """Finds pictures that look like one of another split.

    That is a copy which somebody saved once more or resized, so that it is
    not equal byte by byte; equal ones are found by
    `mm_keras.data.validation.copies.Copies`.
    """

    def __init__(self):
        self._places = {}
        self._thumbnails = {}

    def look(self, batch):
        """Remembers the pictures of a batch, in small."""
        for name, values in batch.inputs.items():
            if is_picture(values):
                small = thumbnails(values)
                told = np.ptp(small, axis=1) >= PALEST  # Never so with a NaN.
                rows = np.flatnonzero(told & batch.present(name))
                self._thumbnails.setdefault(name, []).append(small[rows])
                self._places.setdefault(name, []).extend(
                    (batch.split, batch.start + int(row)) for row in rows
                )
        return ()

    def end(self):
        """Yields a `Finding` for each picture like one of an earlier split."""
        for name, parts in self._thumbnails.items():
            small, places = np.concatenate(parts), self._places[name]
            for row, other in find_pairs(small):
                if places[row][0] != places[other][0]:
                    split, first = places[other]
                    text = f"looks like one in another split, {split}[{first}]"
                    yield Finding(*places[row], name, "near copy", text)


def is_picture(values):
    """Whether an input is pictures, of one channel or several."""
    picture = values.ndim == 4 and values.shape[-1] in (1, 3, 4)
    large = picture and min(values.shape[1:3]) >= SMALLEST
    return large and is_numeric(values)


def thumbnails(pictures):
    """Returns the mean of each cell of pictures, `(rows, cells)`, float32."""
    rows, height, width, channels = pictures.shape
    high, wide = height // CELLS, width // CELLS
    cut = pictures[:, : high * CELLS, : wide * CELLS]
    cells = cut.reshape(rows, CELLS, high, CELLS, wide * channels)
    cells = cells.mean(axis=2, dtype="float32")  # One long axis at a time.
    cells = cells.reshape(rows, CELLS, CELLS, wide * channels).mean(axis=3)
    return cells.reshape(rows, CELLS**2)


def find_pairs(small):
    """Yields `(row, earlier row)` of thumbnails that are alike, not equal.

    A tree of few numbers a picture finds candidates; each row has one pair at
    most.
    """
    from sklearn.neighbors import KDTree

    if not len(small):
        return
    side = CELLS // 4
    coarse = small.reshape(-1, 4, side, 4, side).mean(axis=(2, 4))
    coarse = coarse.reshape(-1, 16)
    tree = KDTree(coarse, metric="chebyshev")
    candidates = (
        near
        for start in range(0, len(coarse), CHUNK)
        for near in tree.query_radius(coarse[start : start + CHUNK], TOLERANCE)
    )
    for row, near in enumerate(candidates):
        near = np.sort(near[near < row])
        apart = np.abs(small[near] - small[row]).max(axis=1)
        alike = near[(apart > 0) & (apart <= TOLERANCE)]
        if len(alike):
            yield row, int(alike[0])
