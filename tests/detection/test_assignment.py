import numpy as np
import pytest

from mm_keras.detection import assignment


def test_box_takes_the_middle_of_its_level(make):
    # 16 px is nearest to 8 cells on the level of stride 4. The center, at 16,
    # lies 2 px from the cells at 14 and 18, and 1.5 * 4 px from 10 and 22.
    found = make.assign(make.pad([[8 / 64, 8 / 64, 24 / 64, 24 / 64, 7]]))
    centers, strides = make.grid_of()
    taken = centers[found.positive[0]]
    assert {tuple(c) for c in taken.tolist()} == {
        (14, 14),
        (14, 18),
        (18, 14),
        (18, 18),
    }
    assert set(strides[found.positive[0]]) == {4}
    assert set(found.classes[found.positive]) == {7}
    assert np.all(found.classes[~found.positive] == -1)
    np.testing.assert_allclose(
        found.boxes[found.positive], [[0.125, 0.125, 0.375, 0.375]] * 4
    )


@pytest.mark.parametrize(
    "side, stride",
    [(1, 4), (32, 4), (45, 4), (46, 8), (90, 8), (91, 16), (128, 16)],
)
def test_size_decides_about_the_level(make, side, stride):
    # Halfway between 8 * 4 and 8 * 8 px lies 45.3.
    truth = make.pad([[0, 0, side / 128, side / 128, 0]])
    found = make.assign(truth, size=128)
    assert set(make.grid_of(128)[1][found.positive[0]]) == {stride}


def test_radius_limits_the_locations(make):
    truth = make.pad([[0, 0, 1, 1, 0]])
    counts = [
        make.assign(truth, levels=(2,), radius=r).positive.sum()
        for r in (1.0, 2.0, 100.0)
    ]
    assert counts == [2**2, 4**2, 16**2]


def test_smallest_box_wins_a_location(make):
    large, small = [0.1, 0.1, 0.6, 0.6, 1], [0.2, 0.25, 0.55, 0.6, 2]
    both = make.assign(make.pad([large, small]), levels=(3,))
    alone = make.assign(make.pad([large], [small]), levels=(3,))
    shared = alone.positive[0] & alone.positive[1]
    assert shared.any()
    # Save for the one that is nearest to the center of the large box.
    assert np.sum(both.classes[0][shared] == 1) <= 1
    assert np.sum(both.classes[0][shared] == 2) >= shared.sum() - 1


def test_nearest_location_goes_to_the_box_even_if_a_smaller_one_is_there(make):
    # Centers (36, 36) and (31, 36) px; the smaller box covers the cells at
    # (36, 36) and (28, 36), of which the latter is its nearest.
    large, small = [16, 16, 56, 56], [23, 28, 39, 44]
    rows = [[*(edge / 64 for edge in large), 1]]
    rows += [[*(edge / 64 for edge in small), 2]]
    classes = make.assign(make.pad(rows), levels=(3,)).classes.reshape(8, 8)
    assert (classes[4, 4], classes[3, 4]) == (1, 2)


def test_each_box_gets_its_nearest_location_even_in_a_crowd(make):
    # A large box with small ones all over it, and boxes below a pixel.
    small = [[y, y, y + 0.01, y + 0.01, 2] for y in (0.3, 0.45, 0.5, 0.7)]
    found = make.assign(
        make.pad([[0.2, 0.2, 0.8, 0.8, 1], *small]), levels=(3,)
    )
    boxes = {tuple(b) for b in found.boxes[found.positive].tolist()}
    assert len(boxes) == 5


@pytest.mark.parametrize("seed", range(5))
def test_random_boxes_lose_their_location_only_to_one_beside_them(make, seed):
    truth = make.random_truth(batch=8, max_boxes=5, seed=seed)
    found = make.assign(truth)
    missing = 0
    for image in range(8):
        boxes = np.unique(found.boxes[image][found.positive[image]], axis=0)
        missing += 5 - len(boxes)
    assert missing <= 3


def test_order_of_boxes_does_not_matter(make):
    truth = make.random_truth()
    for a, b in zip(
        make.assign(truth), make.assign(truth[:, ::-1].copy()), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_mirrored_boxes_take_mirrored_locations(make):
    truth = make.pad([[0.1, 0.2, 0.4, 0.6, 3], [0.5, 0.1, 0.9, 0.3, 4]])
    mirrored = truth.copy()
    mirrored[0, :2, 1] = 1 - truth[0, :2, 3]
    mirrored[0, :2, 3] = 1 - truth[0, :2, 1]
    a = make.assign(truth, levels=(3,)).classes.reshape(8, 8)
    b = make.assign(mirrored, levels=(3,)).classes.reshape(8, 8)
    np.testing.assert_array_equal(a[:, ::-1], b)


def test_padding_and_boxes_without_area_take_nothing(make):
    empty = [[0.5, 0.5, 0.5, 0.9, 1], [0.9, 0.9, 0.1, 0.1, 1], [2, 2, 3, 3, 1]]
    found = make.assign(make.pad([], empty))
    assert not found.positive.any()
    np.testing.assert_array_equal(found.boxes, 0)


def test_nan_box_takes_nothing(make):
    found = make.assign(make.pad([[np.nan] * 4 + [1], [0.2, 0.2, 0.8, 0.8, 2]]))
    assert set(np.unique(found.classes)) == {-1, 2}
    assert np.isfinite(found.boxes).all()


def test_boxes_are_cut_at_the_border(make):
    found = make.assign(make.pad([[-0.5, 0.5, 0.25, 2.0, 1]]))
    np.testing.assert_allclose(
        np.unique(found.boxes[found.positive], axis=0), [[0, 0.5, 0.25, 1]]
    )


def test_more_boxes_than_locations_fill_them_all(make):
    truth = make.random_truth(max_boxes=200)
    assert make.assign(truth, size=16, levels=(3,)).positive.all()


def test_centerness_is_one_in_the_center_and_falls_to_the_border():
    # A box of 8 x 4. At (2, 1): sqrt(2 / 6 * 1 / 3).
    box = np.array([0.0, 0.0, 8.0, 4.0], "float32")
    centers = np.array([[4, 2], [2, 1], [0, 2], [9, 2]], "float32")
    np.testing.assert_allclose(
        assignment.centerness(box, centers), [1, 1 / 3, 0, 0], rtol=1e-6
    )
