"""Labels that belong to a place: points, depths, one box; and mistakes."""

import numpy as np
import pytest
import tensorflow as tf

from mm_keras import tasks
from mm_keras.data import affine
from mm_keras.data import Augmentation
from mm_keras.data import moving
from mm_keras.data import pipeline
from mm_keras.data import placement

MIRROR = affine.affine(xx=-1.0, x=1.0)
EXTENT = tf.constant([40.0, 40.0])


def place(turn, *, mirrored=False, size=(40, 40)):
    return placement.place(EXTENT, size, False, turn, tf.constant(mirrored))


def points_task(count):
    return tasks.Task(
        "points",
        target=tasks.Target("points", (count, 2), filler=0),
        head=tasks.regression("points").head,
        loss="mean_squared_error",
    )


def move_points(points, where, augment=None):
    task = points_task(len(points))
    return moving.move_label(
        task, tf.constant(points, tf.float32), where, augment or Augmentation()
    ).numpy()


class TestPoints:
    def test_points_go_where_the_picture_goes(self):
        where = place(affine.affine(yy=0.5, xx=0.5, x=0.25))
        moved = move_points([[0.2, 0.4], [1.0, 1.0]], where)
        np.testing.assert_allclose(moved, [[0.1, 0.45], [0.5, 0.75]])

    def test_points_that_leave_are_not_visible(self):
        where = place(affine.affine(y=0.5))
        moved = move_points([[0.4, 0.1], [0.6, 0.1], [np.nan, np.nan]], where)
        np.testing.assert_allclose(moved[0], [0.9, 0.1])
        assert np.all(np.isnan(moved[1:]))

    @pytest.mark.parametrize("mirrored", [True, False])
    def test_left_and_right_change_places_in_a_mirror_image(self, mirrored):
        eyes = [[0.5, 0.9], [0.1, 0.2], [0.1, 0.6]]
        augment = Augmentation(point_swaps=[(1, 2)])
        moved = move_points(eyes, place(MIRROR, mirrored=mirrored), augment)
        there = [[0.5, 0.1], [0.1, 0.8], [0.1, 0.4]]
        order = [0, 2, 1] if mirrored else [0, 1, 2]
        np.testing.assert_allclose(moved, np.array(there)[order], atol=1e-6)

    def test_points_that_are_not_there_cannot_change_places(self):
        augment = Augmentation(point_swaps=[(0, 3)])
        with pytest.raises(ValueError, match="'points'.*0 to 2.*Received"):
            move_points([[0.1, 0.1]] * 3, place(MIRROR), augment)

    def test_rows_without_a_visible_point_are_unlabelled(self):
        points = [[[0.5, 0.5], [np.nan] * 2], [[np.nan] * 2] * 2]
        dataset = tf.data.Dataset.from_tensor_slices(
            (
                {"image": np.zeros((2, 4, 4, 3), "uint8")},
                {"points": np.array(points, "float32")},
            )
        )
        dataset = pipeline.batches(dataset, "points", tasks=[points_task(2)])
        _, targets, weights = next(dataset.as_numpy_iterator())
        assert weights["points"].tolist() == [1, 0]
        np.testing.assert_allclose(targets["points"][0], points[0])


class TestDepths:
    DEPTH = np.linspace(1, 5, 1600, dtype="float32").reshape(40, 40, 1)

    def test_nothing_comes_nearer_by_zooming_in(self):
        where = place(affine.affine(yy=2.0, y=-0.5, xx=2.0, x=-0.5))
        moved = where.map(tf.constant(self.DEPTH), np.nan).numpy()
        assert set(moved.ravel()) <= set(self.DEPTH.ravel())
        np.testing.assert_allclose(moved[20, 20], self.DEPTH[20, 20], atol=0.1)

    def test_beyond_the_picture_depths_are_unknown(self):
        where = place(affine.affine(x=0.25))
        moved = where.map(tf.constant(self.DEPTH), np.nan).numpy()
        assert np.all(np.isnan(moved[:, :10]))
        np.testing.assert_array_equal(moved[:, 10:], self.DEPTH[:, :-10])

    def test_unknown_pixels_spoil_no_others(self):
        depth = self.DEPTH.copy()
        depth[10, 10] = np.nan
        where = place(affine.affine(yy=1.1, xx=1.1))
        moved = where.map(tf.constant(depth), np.nan).numpy()
        known = where.map(tf.constant(self.DEPTH), np.nan).numpy()
        assert np.isnan(moved).sum() <= 4
        same = ~np.isnan(moved)
        np.testing.assert_array_equal(moved[same], known[same])


class TestOneBox:
    def move(self, box, turn, least=0.5):
        return moving.move_label(
            tasks.localization("place"),
            tf.constant(box, tf.float32),
            place(turn),
            Augmentation(min_visible=least),
        ).numpy()

    def test_it_is_cut_off_at_the_edge(self):
        moved = self.move([0.0, 0.4, 1.0, 0.8], affine.affine(x=0.39))
        np.testing.assert_allclose(moved, [0, 0.79, 1, 1])

    def test_it_is_no_label_once_little_of_it_remains(self):
        moved = self.move([0.0, 0.4, 1.0, 0.8], affine.affine(x=0.41))
        np.testing.assert_array_equal(moved, [-1] * 4)

    @pytest.mark.parametrize("missing", [-1.0, np.nan])
    def test_what_was_no_label_is_none(self, missing):
        moved = self.move([missing] * 4, affine.affine(x=0.4))
        np.testing.assert_array_equal(moved, [missing] * 4)


class TestGroups:
    def test_all_that_is_said_of_an_object_goes_with_it(self):
        group = {
            "bbox": tf.constant([[0, 0, 0.1, 0.1], [0.5, 0.5, 0.7, 0.7]]),
            "label": tf.constant([3, 4]),
            "name": tf.constant(["a", "b"]),
        }
        features = {"more": {"things": group}, "other": tf.constant(1)}
        moved = moving.move_boxes(
            features, place(affine.affine(y=-0.2)), Augmentation()
        )
        things = moved["more"]["things"]
        expected = [[0.3, 0.5, 0.5, 0.7]]
        np.testing.assert_allclose(things["bbox"], expected, atol=1e-6)
        assert things["label"].numpy().tolist() == [4]
        assert things["name"].numpy().tolist() == [b"b"]
        assert moved["other"] is features["other"]

    @pytest.mark.parametrize(("y", "kept"), [(0.5, 1), (0.7, 0)])
    def test_a_box_without_area_is_a_point(self, y, kept):
        features = {"things": {"bbox": tf.constant([[0.4, 0.4, 0.4, 0.6]])}}
        moved = moving.move_boxes(
            features, place(affine.affine(y=y)), Augmentation()
        )
        assert len(moved["things"]["bbox"]) == kept


def test_other_maps_cannot_be_moved():
    source = tf.data.Dataset.from_tensors(
        (
            {
                "image": np.zeros((4, 4, 3), "uint8"),
                "flow": np.zeros((4, 4, 2), "float32"),
            },
            {},
        )
    )
    make = {"tasks": [], "inputs": ("image", "flow")}
    with pytest.raises(ValueError, match="'flow'.*bytes.*Received: float32"):
        pipeline.batches(
            source, "flows", augment=Augmentation(zoom=0.1), **make
        )
    colors = Augmentation(hue=10)
    assert len(pipeline.batches(source, "flows", augment=colors, **make)) == 1


class TestRanges:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("horizontal_flip", 1.5),
            ("rotation", -10),
            ("rotation", 181),
            ("zoom", "much"),
            ("crop", 1),
            ("hue", True),
            ("min_visible", None),
        ],
    )
    def test_a_number_out_of_its_range(self, name, value):
        with pytest.raises(ValueError, match=f"`{name}`.*from 0 to.*Received"):
            Augmentation(**{name: value})

    @pytest.mark.parametrize(
        "swaps",
        [[(1, 1)], [(1, 2, 3)], [(1, 2), (2, 3)], [(-1, 2)], [(0.5, 2)]],
    )
    def test_pairs_that_are_none(self, swaps):
        with pytest.raises(ValueError, match="`point_swaps`.*Received.*write"):
            Augmentation(point_swaps=swaps)

    def test_nothing_is_on_by_itself(self):
        assert not Augmentation().moves and not Augmentation().recolors
