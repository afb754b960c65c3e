"""Composes the scenes of `digit_scenes`, without TensorFlow.

Everything that is random comes from `rng.random()`, seeded by split and index
of the scene, and sums are exact: a scene is the same array on every machine
whose JPEG decoder reads the two photographs alike.
"""

import dataclasses
import functools

import numpy as np

from mm_keras.data.stamps import COLORS
from mm_keras.data.stamps import draw_stamp
from mm_keras.data.stamps import OPAQUE
from mm_keras.data.stamps import pick

SEED = 1
SIZE = 64
SPLITS = {"train": 4000, "validation": 500, "test": 1000}
MAX_DIGITS = 4
MAX_OVERLAP = 0.1
# Centers at least this many pixels apart make "left of" true to the eye.
MIN_COLUMN_DISTANCE = 4
BRIGHTNESS = (0.3, 0.7)
WORDS = ["zero", "one", "two", "three", "four"]
WORDS += ["five", "six", "seven", "eight", "nine"]
# Columns of the photographs.
PHOTO_COLUMNS = {
    "train": (0, 384),
    "validation": (384, 480),
    "test": (480, 640),
}


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


@functools.cache
def load_photos():
    """Loads the two photographs that come with scikit-learn."""
    from sklearn import datasets

    names = ("china.jpg", "flower.jpg")
    return [datasets.load_sample_image(name) for name in names]
