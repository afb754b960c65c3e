"""Composes the scenes of `digit_scenes`, without TensorFlow.

Everything that is random comes from `rng.random()`, seeded by split and index
of the scene, and digits are enlarged in integer arithmetic, so a scene is the
same array on every machine.
"""

import dataclasses
import functools
import itertools

import numpy as np

SEED = 1
SIZE = 64
SPLITS = {"train": 4000, "validation": 500, "test": 1000}
MAX_DIGITS = 4
STAMP_SIZES = (16, 28)
MAX_OVERLAP = 0.1
# Centers at least this many pixels apart make "left of" true to the eye.
MIN_COLUMN_DISTANCE = 4
BRIGHTNESS = (0.3, 0.7)
OPAQUE = 0.5
WORDS = ["zero", "one", "two", "three", "four"]
WORDS += ["five", "six", "seven", "eight", "nine"]
COLORS = {
    "red": (235, 50, 45),
    "yellow": (255, 225, 50),
    "green": (50, 205, 75),
    "blue": (65, 135, 255),
    "pink": (255, 120, 215),
}
# Columns of the photographs, and tenths of the images of each digit.
PHOTO_COLUMNS = {
    "train": (0, 384),
    "validation": (384, 480),
    "test": (480, 640),
}
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


def compose(split, index):
    """Composes one scene.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        index: Number of the scene within its split.

    Returns:
        A dictionary of the features of `digit_scenes`: NumPy arrays, a list
        of digits in the order of pasting, and the caption.
    """
    rng = np.random.default_rng([SEED, list(SPLITS).index(split), index])
    image = draw_background(rng, split)
    count = 1 + pick(rng, MAX_DIGITS)
    stamps = arrange([draw_stamp(rng, split) for _ in range(count)], rng)
    mask = np.zeros((SIZE, SIZE, 1), "uint8")
    order = np.zeros((SIZE, SIZE, 1), "uint8")
    for position, stamp in enumerate(stamps, start=1):
        paste(stamp, position, image, mask, order)
    labels = [stamp.label for stamp in stamps]
    return {
        "image": np.rint(image).astype("uint8"),
        "digits": [describe(stamp) for stamp in stamps],
        "mask": mask,
        "order": order,
        "present": np.isin(np.arange(10), labels).astype("float32"),
        "count": np.array([len(labels)], "float32"),
        "sum": np.array([sum(labels)], "float32"),
        "caption": caption(stamps),
    }


def pick(rng, count):
    """Draws one of `range(count)`."""
    return int(rng.random() * count)


def draw_background(rng, split):
    """Cuts a piece of a photograph, mirrors every other one, dims it."""
    photo = load_photos()[pick(rng, 2)]
    start, stop = PHOTO_COLUMNS[split]
    top = pick(rng, photo.shape[0] - SIZE + 1)
    left = start + pick(rng, stop - start - SIZE + 1)
    crop = photo[top : top + SIZE, left : left + SIZE]
    if pick(rng, 2):
        crop = crop[:, ::-1]
    low, high = BRIGHTNESS
    return crop * (low + (high - low) * rng.random())


def draw_stamp(rng, split):
    """Draws a digit, its colour and its size; its place comes later."""
    images, labels = load_digits(split)
    index = pick(rng, len(labels))
    low, high = STAMP_SIZES
    side = low + pick(rng, high - low + 1)
    return Stamp(
        label=int(labels[index]),
        color=pick(rng, len(COLORS)),
        alpha=enlarge(images[index], side),
    )


def arrange(stamps, rng):
    """Gives each stamp a place where it fits beside the earlier ones."""
    while True:
        placed = []
        for stamp in stamps:
            stamp = find_place(stamp, placed, rng)
            if stamp is None:
                break
            placed.append(stamp)
        else:
            return placed


def find_place(stamp, placed, rng, attempts=50):
    free = SIZE - len(stamp.alpha) + 1
    for _ in range(attempts):
        moved = dataclasses.replace(
            stamp, top=pick(rng, free), left=pick(rng, free)
        )
        if all(fit(moved, other) for other in placed):
            return moved
    return None


def fit(a, b):
    """Whether two stamps hardly overlap and one is clearly to the left."""
    return (
        overlap(a.box, b.box) <= MAX_OVERLAP
        and abs(a.column - b.column) >= MIN_COLUMN_DISTANCE
    )


def overlap(a, b):
    """Intersection of two boxes as a part of the smaller one."""
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(height, 0) * max(width, 0) / smaller


def paste(stamp, position, image, mask, order):
    """Blends a stamp into the image and writes it over mask and order."""
    side = len(stamp.alpha)
    window = np.s_[stamp.top : stamp.top + side, stamp.left : stamp.left + side]
    alpha = stamp.alpha[..., None]
    color = np.array(list(COLORS.values())[stamp.color], "float64")
    image[window] += alpha * (color - image[window])
    mask[window][alpha > OPAQUE] = stamp.label + 1
    order[window][alpha > OPAQUE] = position


def describe(stamp):
    return {
        "box": np.array(stamp.box, "float32") / SIZE,
        "label": stamp.label,
        "color": stamp.color,
    }


def caption(stamps):
    """Names the digits from left to right, such as
    `"a red three left of a blue seven"`."""
    names = list(COLORS)
    return " left of ".join(
        f"a {names[stamp.color]} {WORDS[stamp.label]}"
        for stamp in sorted(stamps, key=lambda stamp: stamp.column)
    )


def enlarge(digit, side):
    """Enlarges a digit of 8 x 8 pixels, 0 to 16, to an opacity of 0 to 1.

    Cubic interpolation, then a steeper contrast so that strokes are solid.
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
def load_photos():
    """Loads the two photographs that come with scikit-learn."""
    from sklearn import datasets

    names = ("china.jpg", "flower.jpg")
    return [datasets.load_sample_image(name) for name in names]


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
