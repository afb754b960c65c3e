import dataclasses

from mm_keras.data import wording

# What each number may be, and what it is called.
_RANGES = {
    "horizontal_flip": (0, 1, "share of the examples"),
    "vertical_flip": (0, 1, "share of the examples"),
    "rotation": (0, 180, "number of degrees"),
    "shear": (0, 60, "number of degrees"),
    "zoom": (0, 4, "share of the size"),
    "shift": (0, 0.9, "share of the sides"),
    "crop": (0, 0.9, "share of the sides"),
    "brightness": (0, 1, "share of the brightness"),
    "contrast": (0, 1, "share of the contrast"),
    "saturation": (0, 1, "share of the saturation"),
    "hue": (0, 180, "number of degrees"),
    "mosaic": (0, 1, "share of the examples"),
    "min_visible": (0, 1, "share of the area of a box"),
}
_MOVES = (
    *("horizontal_flip", "vertical_flip", "rotation", "shear", "zoom"),
    *("shift", "crop"),
)
_RECOLORS = ("brightness", "contrast", "saturation", "hue")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random changes of training pictures, and of their labels with them.

    Each example draws anew, in every epoch. All that moves a picture becomes
    one affine map, together with the resizing, so that a picture is drawn
    once, over black; boxes, masks, depth maps and points go where it goes.
    Then colours change, and then mosaics are made.

    - **Boxes** enclose their four moved corners, are cut off at the edges of
      the picture, and are left out if less than `min_visible` remains.
    - **Masks** are background there, or the task's `ignore_class`.
    - **Depths** stay what was measured, also where the picture is zoomed;
      beyond the picture they are unknown.
    - **Points** that leave the picture are no longer visible.
    - **Labels that follow from boxes** follow the moved ones: which classes
      there are and how many objects, of the catalog and of own files. In a
      view of your own read `"objects/label"`, which does so too.
    - **Other labels of the whole picture** stay: a class, a number.
    - **Texts** that are fed beside the picture stay true: where one names a
      side (left, right, ...), the picture is neither mirrored left to right
      nor rotated nor sheared, which could change what is left of what; where
      it names a height (above, under, ...), neither mirrored upside down nor
      rotated nor sheared; where it names a colour, hue and saturation stay.
      Only texts that are still strings can be read.

    Args:
        horizontal_flip: Share of the examples that are mirrored left to
            right, 0 to 1.
        vertical_flip: Share that are mirrored upside down, 0 to 1.
        rotation: Largest angle, to either side, 0 to 180 degrees.
        shear: Largest slant of upright lines, to either side, 0 to 60 degrees.
        zoom: How much larger or smaller things become, 0 to 4: 0.25 is from
            4/5 to 5/4 of their size.
        shift: Largest shift, either way, as a share of the picture's height
            and width, 0 to 0.9.
        crop: Largest share of height and width that is cut away, 0 to 0.9:
            a window of the same proportions, anywhere in the picture, is
            enlarged to its size.
        brightness: Largest change, 0 to 1: 0.2 is from 0.8 to 1.2 times.
        contrast: Largest change of the distance from the mean brightness,
            0 to 1.
        saturation: Largest change of the distance from grey, 0 to 1.
        hue: Largest angle on the circle of colours, 0 to 180 degrees.
        mosaic: Share of the examples that become the first quarter of a
            mosaic of four pictures of their batch, each at half its size, 0
            to 1. For boxes, masks, depths, and labels of several classes,
            which hold those of all four.
        min_visible: Smallest share of the area of a box that must remain in
            the picture, 0 to 1.
        point_swaps: Pairs of points, counted from 0, that change places in a
            mirror image: left and right eye.
        side_words: Words that name a side.
        height_words: Words that name a height.
        color_words: Words that name a colour.

    Raises:
        ValueError: If a number is out of its range, or a pair no pair.

    Example:

    >>> augment = mm_keras.data.Augmentation(
    ...     horizontal_flip=0.5, rotation=10, zoom=0.2, shift=0.1
    ... )
    >>> train = mm_keras.data.load(
    ...     "digit_scenes",
    ...     "train",
    ...     tasks=[mm_keras.tasks.detection("digits", 10)],
    ...     augment=augment,
    ... )
    >>> next(iter(train))[1]["digits"].shape
    TensorShape([32, 100, 5])
    """

    horizontal_flip: float = 0.0
    vertical_flip: float = 0.0
    rotation: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    crop: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    mosaic: float = 0.0
    min_visible: float = 0.2
    point_swaps: tuple = ()
    side_words: tuple = wording.SIDES
    height_words: tuple = wording.HEIGHTS
    color_words: tuple = wording.COLORS

    def __post_init__(self):
        for name, (low, high, what) in _RANGES.items():
            value = getattr(self, name)
            if not _is_number(value) or not low <= value <= high:
                raise ValueError(
                    f"Argument `{name}` of Augmentation expects a {what}, "
                    f"from {low} to {high}. Received: {name}={value!r}. Use 0 "
                    "to leave it out."
                )
        _check_swaps(self.point_swaps)

    @property
    def moves(self):
        """Whether anything moves the picture."""
        return any(getattr(self, name) for name in _MOVES)

    @property
    def recolors(self):
        """Whether anything changes its colours."""
        return any(getattr(self, name) for name in _RECOLORS)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_swaps(swaps):
    """Raises unless these are pairs of different points, each named once."""
    points = [point for pair in swaps for point in pair]
    pairs = all(len(pair) == 2 for pair in swaps)
    known = all(isinstance(point, int) and point >= 0 for point in points)
    if not pairs or not known or len(set(points)) < len(points):
        raise ValueError(
            "Argument `point_swaps` of Augmentation expects pairs of different "
            "points, each in one pair at most. Received: "
            f"point_swaps={swaps!r}. For eyes 1 and 2 write [(1, 2)]."
        )
