import hashlib
import itertools

import numpy as np
import pytest

from mm_keras.data import scenes
from mm_keras.data import stamps

ALL = [(split, i) for split in scenes.SPLITS for i in range(60)]


@pytest.fixture(scope="module")
def composed():
    return [scenes.compose(*name) for name in ALL]


def pixels(digit):
    return np.rint(digit["box"] * scenes.SIZE).astype(int)


def digest(scene):
    state = hashlib.sha256()
    for name in ("image", "mask", "order", "present", "count", "sum"):
        state.update(scene[name].tobytes())
    for digit in scene["digits"]:
        state.update(digit["box"].tobytes())
        state.update(bytes([digit["label"], digit["color"]]))
    state.update(scene["caption"].encode())
    return state.digest()


def test_scenes_are_frozen(composed):
    # A change here is a new version of the data set: what was measured on
    # 1.0.0 is not comparable with it.
    state = hashlib.sha256(b"".join(map(digest, composed))).hexdigest()
    assert state == (
        "f1a2c24b0daf20f10322a1dd844c630a8fe651f0bf26262fbab5843474810094"
    )


def test_composing_twice_gives_the_same_scene(composed):
    for name, scene in zip(ALL[::10], composed[::10], strict=True):
        assert digest(scenes.compose(*name)) == digest(scene)


def test_scenes_differ(composed):
    assert len(set(map(digest, composed))) == len(composed)


def test_boxes_are_tight_around_what_is_seen(composed):
    """Where nothing was pasted later, the mask says how far a digit goes."""
    for scene in composed:
        last = len(scene["digits"])
        rows, columns, _ = np.nonzero(scene["order"] == last)
        expected = rows.min(), columns.min(), rows.max() + 1, columns.max() + 1
        np.testing.assert_array_equal(pixels(scene["digits"][-1]), expected)


def test_digits_are_seen_inside_their_boxes_only(composed):
    for scene in composed:
        for position, digit in enumerate(scene["digits"], start=1):
            ymin, xmin, ymax, xmax = pixels(digit)
            seen = scene["order"] == position
            assert 0 < seen.sum() == seen[ymin:ymax, xmin:xmax].sum()


def test_mask_and_order_tell_the_same_story(composed):
    for scene in composed:
        labels = [-1] + [digit["label"] for digit in scene["digits"]]
        expected = np.array(labels)[scene["order"]] + 1
        np.testing.assert_array_equal(scene["mask"], expected)


def test_boxes_overlap_by_a_tenth_at_most(composed):
    for scene in composed:
        for a, b in itertools.combinations(map(pixels, scene["digits"]), 2):
            inside = np.zeros((2, 64, 64), bool)
            for canvas, box in zip(inside, (a, b), strict=True):
                canvas[box[0] : box[2], box[1] : box[3]] = True
            both = (inside[0] & inside[1]).sum()
            assert both <= 0.1 * min(inside[0].sum(), inside[1].sum())


def test_digits_have_the_promised_size(composed):
    for scene in composed:
        for digit in scene["digits"]:
            ymin, xmin, ymax, xmax = pixels(digit)
            assert min(ymin, xmin) >= 0 and max(ymax, xmax) <= 64
            assert 8 <= ymax - ymin <= 28 and 4 <= xmax - xmin <= 28


def test_captions_name_colours_and_digits_from_left_to_right(composed):
    for scene in composed:
        ordered = sorted(
            scene["digits"], key=lambda d: d["box"][1] + d["box"][3]
        )
        expected = [
            ["a", list(stamps.COLORS)[d["color"]], scenes.WORDS[d["label"]]]
            for d in ordered
        ]
        parts = scene["caption"].split(" left of ")
        assert [part.split() for part in parts] == expected


def test_digits_have_the_colour_that_is_named(composed):
    """The most opaque pixels of the digit on top are its colour itself."""
    for scene in composed:
        digit = scene["digits"][-1]
        seen = scene["order"][..., 0] == len(scene["digits"])
        color = list(stamps.COLORS.values())[digit["color"]]
        distance = np.abs(scene["image"][seen].astype(int) - color).sum(-1)
        assert distance.min() <= 3


def test_counts_and_sums(composed):
    for scene in composed:
        labels = [digit["label"] for digit in scene["digits"]]
        assert scene["count"] == [len(labels)] and 1 <= len(labels) <= 4
        assert scene["sum"] == [sum(labels)]
        assert set(np.flatnonzero(scene["present"])) == set(labels)


def test_all_numbers_of_digits_colours_and_classes_occur(composed):
    digits = [digit for scene in composed for digit in scene["digits"]]
    assert {int(s["count"][0]) for s in composed} == {1, 2, 3, 4}
    assert {digit["label"] for digit in digits} == set(range(10))
    assert {digit["color"] for digit in digits} == set(range(5))


def test_splits_share_no_digit():
    train, validation, test = map(stamps.digit_indices, scenes.SPLITS)
    together = np.concatenate([train, validation, test])
    np.testing.assert_array_equal(np.sort(together), np.arange(1797))


def test_splits_share_no_part_of_a_photograph():
    spans = sorted(scenes.PHOTO_COLUMNS.values())
    assert spans[0][0] == 0 and spans[-1][1] == 640
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize("split", scenes.SPLITS)
def test_backgrounds_come_from_the_columns_of_the_split(split, monkeypatch):
    """Photographs whose pixels tell their column."""
    columns = np.broadcast_to(np.arange(640.0)[:, None], (427, 640, 3))
    monkeypatch.setattr(scenes, "load_photos", lambda: [columns, columns])
    monkeypatch.setattr(scenes, "BRIGHTNESS", (1.0, 1.0))
    start, stop = scenes.PHOTO_COLUMNS[split]
    for seed in range(50):
        crop = scenes.draw_background(np.random.default_rng(seed), split)
        assert start <= crop.min() and crop.max() < stop


def test_enlarging_keeps_a_full_stroke_full():
    alpha = stamps.enlarge(np.full((8, 8), 16), 20)
    np.testing.assert_array_equal(alpha[2:-2, 2:-2], 1.0)


def test_enlarging_is_symmetric():
    digit = np.random.default_rng(0).integers(0, 17, (8, 8))
    np.testing.assert_array_equal(
        stamps.enlarge(digit[::-1, ::-1], 23),
        stamps.enlarge(digit, 23)[::-1, ::-1],
    )


@pytest.mark.parametrize(
    "box, expected",
    [
        ((0, 0, 10, 10), 1.0),
        ((0, 10, 10, 20), 0.0),
        ((20, 20, 30, 30), 0.0),
        ((5, 5, 10, 10), 1.0),
        ((9, 0, 19, 10), 0.1),
    ],
)
def test_overlap(box, expected):
    assert scenes.overlap((0, 0, 10, 10), box) == expected
