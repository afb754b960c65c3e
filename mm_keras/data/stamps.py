"""Real handwritten digits, enlarged and tinted, to be pasted into scenes."""

import dataclasses
import functools
import itertools

import numpy as np

SIZES = (16, 28)
OPAQUE = 0.5
COLORS = {
    "red": (235, 50, 45),
    "yellow": (255, 225, 50),
    "green": (50, 205, 75),
    "blue": (65, 135, 255),
    "pink": (255, 120, 215),
}
# Which tenths of the images of each digit a split shows.
DIGIT_TENTHS = {"train": range(7), "validation": (7,), "test": (8, 9)}


@dataclasses.dataclass(frozen=True)
class Stamp:
    """A digit, enlarged and tinted, at its place in the scene.

    Args:
        label: The digit, 0 to 9.
        color: Position of its colour in `COLORS`.
        alpha: Opacity, 0 to 1, of shape `(side, side)`.
        top: Row of the scene where the stamp begins.
        left: Column of the scene where the stamp begins.
    """

    label: int
    color: int
    alpha: np.ndarray
    top: int = 0
    left: int = 0

    @functools.cached_property
    def extent(self):
        """Tight extent of the opaque pixels within the stamp."""
        rows, columns = np.nonzero(self.alpha > OPAQUE)
        return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1

    @property
    def box(self):
        """ymin, xmin, ymax, xmax in pixels; the maxima are exclusive."""
        ymin, xmin, ymax, xmax = (int(edge) for edge in self.extent)
        return (
            ymin + self.top,
            xmin + self.left,
            ymax + self.top,
            xmax + self.left,
        )

    @property
    def column(self):
        """Horizontal center of the box."""
        return (self.box[1] + self.box[3]) / 2


def pick(rng, count):
    """Draws one of `range(count)`."""
    return int(rng.random() * count)


def draw_stamp(rng, split):
    """Draws a digit, its colour and its size; its place comes later."""
    images, labels = load_digits(split)
    index = pick(rng, len(labels))
    low, high = SIZES
    side = low + pick(rng, high - low + 1)
    return Stamp(
        label=int(labels[index]),
        color=pick(rng, len(COLORS)),
        alpha=enlarge(images[index], side),
    )


def enlarge(digit, side):
    """Enlarges a digit of 8 x 8 pixels, 0 to 16, to an opacity of 0 to 1.

    Cubic interpolation in integers, exact everywhere, then a steeper contrast
    so that strokes are solid.
    """
    weights = cubic_weights(len(digit), side)
    ink = (weights @ digit @ weights.T) / (16 * 1024**2)
    return np.clip((ink - 0.25) / 0.6, 0.0, 1.0)


@functools.cache
def cubic_weights(source, target):
    """Weights of cubic interpolation in 1024ths, `(target, source)`."""
    centers = (np.arange(target) + 0.5) * source / target - 0.5
    x = np.abs(centers[:, None] - np.arange(source))
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    weights = np.where(x < 1, near, np.where(x < 2, far, 0.0))
    return np.rint(1024 * weights).astype("int64")


@functools.cache
def load_digits(split):
    """Loads the handwritten digits of a split, and their labels."""
    from sklearn import datasets

    images, labels = datasets.load_digits(return_X_y=True)
    indices = digit_indices(split)
    return images[indices].reshape(-1, 8, 8).astype("int64"), labels[indices]


def digit_indices(split):
    """Which of the 1,797 digits a split may show: tenths of each class."""
    from sklearn import datasets

    labels = datasets.load_digits().target
    chosen = []
    for label, tenth in itertools.product(range(10), DIGIT_TENTHS[split]):
        chosen.extend(np.flatnonzero(labels == label)[tenth::10])
    return np.sort(chosen)
