"""What is random about pictures, and that their labels go along."""

import dataclasses
import functools

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from mm_keras import data
from mm_keras import tasks
from mm_keras.data import Augmentation
from mm_keras.data import draws
from mm_keras.data import placement
from mm_keras.data import turning
from mm_keras.data.rows import RowMaker

SIZE = (64, 80)
TASKS = [
    tasks.detection("things", 5, max_boxes=6),
    tasks.segmentation("mask", 5),
    tasks.depth("depth"),
    tasks.localization("place"),
    tasks.multi_label("seen", 5, feature="things/label"),
    tasks.Task(
        "middle",
        target=tasks.Target("points", (1, 2)),
        head=tasks.regression("middle").head,
        loss="mean_squared_error",
    ),
]
MOVES = {
    "horizontal_flip": 0.5,
    "vertical_flip": 0.5,
    "rotation": 180,
    "shear": 30,
    "zoom": 0.5,
    "shift": 0.3,
    "crop": 0.5,
}
COLORS = {"brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 180}
LEAST = 0.3
EACH = {
    **{name: {name: value} for name, value in (MOVES | COLORS).items()},
    "moves": MOVES,
    "everything": MOVES | COLORS,
}


@dataclasses.dataclass
class Scene:
    """Bright rectangles on black, with their classes as a mask."""

    height: int
    width: int
    objects: list  # Of (top, left, bottom, right), in pixels.

    @property
    def labels(self):
        return np.arange(1, 1 + len(self.objects))

    @property
    def mask(self):
        mask = np.zeros((self.height, self.width, 1), "uint8")
        for label, (top, left, bottom, right) in zip(
            self.labels, self.objects, strict=True
        ):
            mask[top:bottom, left:right] = label
        return mask

    @property
    def boxes(self):
        sides = [self.height, self.width] * 2
        return np.array(self.objects, "float32").reshape(-1, 4) / sides

    def example(self):
        image = np.repeat(255 * (self.mask > 0), 3, axis=-1).astype("uint8")
        boxes = tf.constant(self.boxes, tf.float32)
        features = {
            "things": {"bbox": boxes, "label": tf.constant(self.labels)},
            "mask": tf.constant(self.mask),
            "depth": tf.constant(1 + self.mask.astype("float32")),
            "place": boxes[0],
            "middle": (boxes[:1, :2] + boxes[:1, 2:]) / 2,
        }
        return {"image": tf.constant(image)}, features


@st.composite
def scenes(draw, most=1):
    """Scenes of objects of at least 12 pixels, side by side."""
    height, width = draw(st.integers(40, 90)), draw(st.integers(60, 120))
    count = draw(st.integers(1, most))
    objects = []
    for number in range(count):
        start, end = (width * (number + i) // count for i in (0, 1))
        high, wide = (
            draw(st.integers(12, max(12, most)))
            for most in (height // 2, (end - start) // 2)
        )
        top = draw(st.integers(0, height - high))
        left = draw(st.integers(start, max(start, end - wide)))
        objects.append((top, left, top + high, min(left + wide, width)))
    return Scene(height, width, objects)


INDEX = 3
KEY = tf.TensorSpec((), tf.int64)


@functools.cache
def compiled(augment, keep_aspect=True, size=SIZE):
    """Makes one row, as `tf.data` does: of examples of any size."""
    maker = RowMaker(
        TASKS, ("image",), size, keep_aspect=keep_aspect, augment=augment
    )
    boxes = {
        "bbox": tf.TensorSpec((None, 4)),
        "label": tf.TensorSpec((None,), tf.int64),
    }
    maps = [tf.TensorSpec((None, None, n), tf.uint8) for n in (3, 1)]
    features = {
        "things": boxes,
        "mask": maps[1],
        "depth": tf.TensorSpec((None, None, 1)),
        "place": tf.TensorSpec((4,)),
        "middle": tf.TensorSpec((1, 2)),
    }
    return tf.function(
        lambda inputs, features, key: maker.finish(
            tf.constant(INDEX, tf.int64), inputs, features, key
        ),
        input_signature=[
            {"image": maps[0]},
            features,
            tf.TensorSpec((), tf.int64),
        ],
        autograph=False,
    )


def make(scene, augment, key=0, **options):
    """Returns inputs and targets of one example, as arrays."""
    row = compiled(augment, **options)(*scene.example(), key)
    return tf.nest.map_structure(lambda t: t.numpy(), row)


def real(boxes):
    return boxes[boxes[:, 4] >= 0]


def enclosing(mask):
    """The relative box of the pixels that are not 0, or None."""
    size = mask.shape[:2]
    rows, columns = np.nonzero(mask[..., 0])
    if not len(rows):
        return None
    box = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
    return np.array(box) / [*size, *size]


def pixels(box, size):
    return np.asarray(box) * [*size, *size]


keys = st.integers(0, 2**62)
# What is fed: pictures of about its size, half of it and four times of it.
FORMS = [
    {"size": size, "keep_aspect": keep_aspect}
    for size in (SIZE, (32, 40), (256, 320))
    for keep_aspect in (True, False)
]
several = hypothesis.settings(max_examples=15, deadline=None)


# All forms where all that moves comes together.
CASES = [(name, FORMS[0]) for name in EACH]
CASES += [("moves", form) for form in FORMS[1:]]


@pytest.mark.parametrize(("name", "form"), CASES)
class TestTogether:
    """Properties of each augmentation, and of all of them at once."""

    @several
    @hypothesis.given(scene=scenes(), key=keys)
    def test_box_of_the_moved_mask_is_the_moved_box(
        self, name, form, scene, key
    ):
        _, targets = make(scene, augmentation(name), key, **form)
        boxes = real(targets["things"])
        found = enclosing(targets["mask"])
        if not len(boxes):
            return
        box = boxes[0, :4]
        # At the edges a rotated rectangle is cut, and its box less so.
        inside = np.all(box > 0) and np.all(box < 1)
        slanted = {"rotation", "shear"} & set(EACH[name])
        if inside or not slanted:
            found, box = (pixels(b, form["size"]) for b in (found, box))
            # Masks are read from the nearest pixel.
            least = 1 + 0.5 * max(1, *np.divide(form["size"], SIZE))
            np.testing.assert_allclose(found, box, atol=least)

    @several
    @hypothesis.given(scene=scenes(), key=keys)
    def test_the_middle_of_an_object_is_that_of_its_box(
        self, name, form, scene, key
    ):
        _, targets = make(scene, augmentation(name), key, **form)
        place = placement_of(scene, augmentation(name), key, **form)
        low, high = np.split(scene.boxes[0], 2)
        expected = (place @ [*(low + high) / 2, 1])[:2]
        middle = targets["middle"][0]
        if np.all((expected > 1e-5) & (expected < 1 - 1e-5)):
            np.testing.assert_allclose(middle, expected, atol=1e-5)
            low, high = np.split(targets["place"], 2)
            if np.all(low > 0) and np.all(high < 1):
                np.testing.assert_allclose(middle, (low + high) / 2, atol=1e-5)
        elif np.any((expected < -1e-5) | (expected > 1 + 1e-5)):
            assert np.all(np.isnan(middle))

    @several
    @hypothesis.given(scene=scenes(), key=keys)
    def test_picture_moves_like_its_mask(self, name, form, scene, key):
        if set(EACH[name]) & set(COLORS):
            return
        inputs, targets = make(scene, augmentation(name), key, **form)
        bright = inputs["image"][..., :1] > 127
        # They differ along the outline at most.
        differ = bright != (targets["mask"] > 0)
        assert differ.sum() <= 2 * np.sum(form["size"])

    @several
    @hypothesis.given(scene=scenes(most=4), key=keys)
    def test_boxes_are_in_order_and_within_the_picture(
        self, name, form, scene, key
    ):
        boxes = real(make(scene, augmentation(name), key, **form)[1]["things"])
        assert np.all((boxes[:, :4] >= 0) & (boxes[:, :4] <= 1))
        assert np.all(boxes[:, :2] < boxes[:, 2:4])

    @several
    @hypothesis.given(scene=scenes(most=4), key=keys)
    def test_same_seed_same_result(self, name, form, scene, key):
        one, other = (
            make(scene, augmentation(name), key, **form) for _ in range(2)
        )
        tf.nest.map_structure(np.testing.assert_array_equal, one, other)

    @several
    @hypothesis.given(scene=scenes(most=4), key=keys)
    def test_masks_hold_no_new_class(self, name, form, scene, key):
        mask = make(scene, augmentation(name), key, **form)[1]["mask"]
        assert set(np.unique(mask)) <= {0, *scene.labels}

    @several
    @hypothesis.given(scene=scenes(most=4), key=keys)
    def test_depths_stay_what_was_measured(self, name, form, scene, key):
        """Here one more than the class; unknown beyond the picture."""
        _, targets = make(scene, augmentation(name), key, **form)
        depth, mask = targets["depth"], targets["mask"]
        known = ~np.isnan(depth)
        np.testing.assert_array_equal(depth[known], 1 + mask[known])
        assert np.all(mask[~known] == 0) and np.any(known)

    @several
    @hypothesis.given(scene=scenes(most=4), key=keys)
    def test_labels_leave_only_by_the_rule_of_visibility(
        self, name, form, scene, key
    ):
        augment = augmentation(name)
        _, targets = make(scene, augment, key, **form)
        place = placement_of(scene, augment, key, **form)
        kept = [
            label
            for label, box in zip(scene.labels, scene.boxes, strict=True)
            if visible_share(place, box) >= LEAST
        ]
        assert real(targets["things"])[:, 4].tolist() == kept
        assert np.flatnonzero(targets["seen"]).tolist() == kept
        assert np.all(targets["place"] == -1) == (1 not in kept)


def augmentation(name):
    return Augmentation(**EACH[name], min_visible=LEAST)


def placement_of(scene, augment, key, *, size, keep_aspect):
    """Where the points of the scene go, as a matrix."""
    extent = tf.constant([scene.height, scene.width], tf.float32)
    turn = None
    if augment.moves:
        draw = draws.draw(augment, key, tf.constant(INDEX, tf.int64))
        turn, _ = turning.draw_turn(augment, draw, extent, [])
    place = placement.place(extent, size, keep_aspect, turn)
    return np.eye(3) if place.matrix is None else place.matrix.numpy()


def visible_share(turn, box):
    """The share of the box around the moved corners that is in the picture."""
    ymin, xmin, ymax, xmax = box
    corners = [(ymin, xmin), (ymin, xmax), (ymax, xmin), (ymax, xmax)]
    moved = np.array([turn @ [y, x, 1] for y, x in corners])[:, :2]
    low, high = moved.min(axis=0), moved.max(axis=0)
    inside = np.minimum(high, 1) - np.maximum(low, 0)
    return np.prod(np.maximum(inside, 0)) / np.prod(high - low)


class TestNothing:
    @several
    @hypothesis.given(scene=scenes(most=4), key=keys, keep=st.booleans())
    def test_without_settings_nothing_changes(self, scene, key, keep):
        plain = make(scene, None, keep_aspect=keep)
        augmented = make(scene, Augmentation(), key, keep_aspect=keep)
        tf.nest.map_structure(np.testing.assert_array_equal, plain, augmented)

    @several
    @hypothesis.given(key=keys)
    def test_changes_of_no_size_change_nothing(self, key):
        """Shares and degrees so small that no number can show them."""
        scene = Scene(*SIZE, [(10, 10, 30, 40), (50, 20, 62, 70)])
        almost = Augmentation(**dict.fromkeys(MOVES | COLORS, 1e-9))
        tf.nest.map_structure(
            lambda one, other: np.testing.assert_allclose(
                one, other, atol=1e-5
            ),
            make(scene, almost, key),
            make(scene, None),
        )


@pytest.mark.parametrize("size", [(32, 40), (64, 80), (128, 160), (224, 224)])
@pytest.mark.parametrize("keep_aspect", [False, True])
def test_enlarging_has_no_dark_rim(size, keep_aspect):
    """A picture that does not move is one that is only resized."""
    image = np.random.default_rng(0).integers(0, 256, (32, 40, 3), "uint8")
    extent = tf.constant([32.0, 40.0])
    plain, moved = (
        placement.place(extent, size, keep_aspect, turn).picture(
            tf.constant(image), extent
        )
        for turn in (None, tf.eye(3))
    )
    np.testing.assert_allclose(plain, moved, atol=0.05)


def test_a_picture_is_cut_off_where_its_mask_is():
    image = tf.fill((32, 40, 3), tf.constant(200, tf.uint8))
    extent = tf.constant([32.0, 40.0])
    turn, _ = turned(extent=(32, 40), rotation=0.4, zoom=0.7, shift_x=0.3)
    place = placement.place(extent, (96, 96), True, tf.constant(turn))
    drawn = place.picture(image, extent)
    mask = place.map(tf.ones((32, 40, 1), tf.uint8), fill=0)
    np.testing.assert_array_equal(drawn > 0, np.repeat(mask > 0, 3, axis=-1))
    assert set(np.unique(drawn)) == {0, 200}


NEUTRAL = {
    **{"horizontal_flip": False, "vertical_flip": False, "zoom": 1.0},
    **{"rotation": 0.0, "shear": 0.0, "shift_y": 0.0, "shift_x": 0.0},
    **{"crop": 0.0, "crop_y": 0.5, "crop_x": 0.5},
}
# What is not asked for is not drawn.
WHATEVER = Augmentation(rotation=180, shear=60, crop=0.9)


def turned(*, extent=(40, 40), texts=(), augment=WHATEVER, **drawn):
    """The map and the mirroring that a draw leads to."""
    draw = {name: tf.constant(v) for name, v in (NEUTRAL | drawn).items()}
    turn, mirrored = turning.draw_turn(
        augment,
        draw,
        tf.constant(extent, tf.float32),
        [tf.constant(text) for text in texts],
    )
    return turn.numpy(), bool(mirrored)


class TestWhereThingsGo:
    def check(self, turn, place, expected):
        moved = (turn @ [*place, 1])[:2]
        np.testing.assert_allclose(moved, expected, atol=1e-6)

    def test_mirrored_left_to_right(self):
        turn, mirrored = turned(horizontal_flip=True)
        self.check(turn, (0.2, 0.1), (0.2, 0.9))
        assert mirrored

    def test_mirrored_upside_down(self):
        turn, mirrored = turned(vertical_flip=True)
        self.check(turn, (0.2, 0.1), (0.8, 0.1))
        assert mirrored

    def test_mirrored_both_ways_is_no_mirror_image(self):
        turn, mirrored = turned(vertical_flip=True, horizontal_flip=True)
        self.check(turn, (0.2, 0.1), (0.8, 0.9))
        assert not mirrored

    def test_a_quarter_of_a_turn(self):
        """About the middle: what was at the right is at the bottom."""
        turn, _ = turned(rotation=-np.pi / 2)
        self.check(turn, (0.5, 1.0), (1.0, 0.5))

    def test_a_rotation_is_one_of_pixels_whatever_the_proportions(self):
        """20 pixels right of the middle come to lie 20 pixels below it."""
        turn, _ = turned(extent=(50, 100), rotation=-np.pi / 2)
        self.check(turn, (0.5, 0.7), (0.9, 0.5))

    def test_shear_slants_upright_lines(self):
        """By 45 degrees: 10 pixels below the middle go 10 pixels aside."""
        turn, _ = turned(extent=(50, 100), shear=np.pi / 4)
        self.check(turn, (0.7, 0.5), (0.7, 0.6))
        self.check(turn, (0.5, 0.7), (0.5, 0.7))

    def test_zoom_is_about_the_middle(self):
        turn, _ = turned(zoom=1.25)
        self.check(turn, (0.9, 0.5), (1.0, 0.5))

    def test_shift_is_a_share_of_the_sides(self):
        turn, _ = turned(extent=(50, 100), shift_y=0.2, shift_x=-0.1)
        self.check(turn, (0.5, 0.5), (0.7, 0.4))

    @pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
    def test_crop_enlarges_a_window_within_the_picture(self, place):
        turn, _ = turned(crop=0.4, crop_y=place, crop_x=0.0)
        top = 0.4 * place
        self.check(turn, (top, 0.0), (0.0, 0.0))
        self.check(turn, (top + 0.6, 0.6), (1.0, 1.0))


class TestDraws:
    def draw(self, **options):
        """Numbers drawn for 400 examples, by name."""
        augment = Augmentation(**options)
        drawn = tf.data.Dataset.range(400).map(
            lambda index: draws.draw(augment, tf.constant(1, tf.int64), index)
        )
        return next(drawn.batch(400).as_numpy_iterator())

    def test_limits_are_kept_and_reached(self):
        drawn = self.draw(
            **{"rotation": 90, "shift": 0.2, "zoom": 0.25, "crop": 0.4},
            **{"brightness": 0.5, "hue": 18},
        )
        for name, low, high in [
            ("rotation", -np.pi / 2, np.pi / 2),
            ("shift_y", -0.2, 0.2),
            ("shift_x", -0.2, 0.2),
            ("zoom", 0.8, 1.25),
            ("crop", 0.0, 0.4),
            ("crop_y", 0.0, 1.0),
            ("brightness", 0.5, 1.5),
            ("hue", -np.pi / 10, np.pi / 10),
            ("shear", 0.0, 0.0),
            ("contrast", 1.0, 1.0),
        ]:
            values, slack = drawn[name], 0.03 * (high - low)
            assert low <= values.min() <= low + slack + 1e-6
            assert high - slack - 1e-6 <= values.max() <= high + 1e-6

    def test_what_is_drawn_is_drawn_apart(self):
        drawn = self.draw(rotation=90, shift=0.2, hue=18)
        names = ["rotation", "shift_y", "shift_x", "hue"]
        correlations = np.corrcoef([drawn[name] for name in names])
        assert np.abs(correlations - np.eye(4)).max() < 0.2

    def test_as_often_larger_as_smaller(self):
        assert 160 < np.sum(self.draw(zoom=4)["zoom"] > 1) < 240

    def test_shares_are_those_of_the_examples(self):
        drawn = self.draw(horizontal_flip=0.3, vertical_flip=1)
        assert 90 < np.sum(drawn["horizontal_flip"]) < 150
        assert np.all(drawn["vertical_flip"]) and not np.any(drawn["mosaic"])


class TestTexts:
    ALL = {
        **{"horizontal_flip": True, "vertical_flip": True},
        **{"rotation": 1.0, "shear": 0.7},
    }

    def check(self, texts, expected, **options):
        turn, _ = turned(texts=texts, **self.ALL, **options)
        np.testing.assert_allclose(turn[:2, :2], expected, atol=1e-6)

    @pytest.mark.parametrize(
        "text", ["A red three LEFT of a seven.", "the right-hand side"]
    )
    def test_a_side_keeps_left_and_right(self, text):
        self.check([text], [[-1, 0], [0, 1]])  # Only upside down.

    def test_a_height_keeps_above_and_below(self):
        self.check(["a cat under a chair"], [[1, 0], [0, -1]])

    def test_one_text_of_several_is_enough(self):
        self.check(["a cat", "left,\nand up"], np.eye(2))

    @pytest.mark.parametrize("text", ["a bright cleft", "a cupboard", ""])
    def test_other_words_are_free(self, text):
        turn, _ = turned(**self.ALL)
        self.check([text], turn[:2, :2])

    def test_words_of_another_language(self):
        augment = Augmentation(side_words=("links", "rechts"))
        for text, mirrored in (("eine Drei links", False), ("left", True)):
            options = {"texts": [text], "augment": augment}
            assert turned(horizontal_flip=True, **options)[1] == mirrored

    def test_no_words_leave_all_free(self):
        options = {"texts": ["left"], "augment": Augmentation(side_words=())}
        assert turned(horizontal_flip=True, **options)[1]

    def test_every_picture_of_a_batch_fits_its_caption(self, tfds_dir):
        """Digits left of others stay there, whatever is asked for."""

        def read(**options):
            dataset = data.load(
                "digit_scenes",
                "test[:100]",
                tasks=[],
                inputs=("image", "text"),
                batch_size=100,
                data_dir=tfds_dir,
                **options,
            )
            return next(dataset.as_numpy_iterator())[0]

        augment = Augmentation(horizontal_flip=1, rotation=90)
        turned, plain = read(augment=augment), read()
        same = np.all(turned["image"] == plain["image"], axis=(1, 2, 3))
        sided = [b"left" in text for text in plain["text"]]
        np.testing.assert_array_equal(same, sided)
        assert 0 < np.sum(sided) < 100
