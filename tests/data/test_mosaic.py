"""Four pictures of a batch become one."""

import numpy as np
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks
from mm_keras.data import mosaic
from mm_keras.data import pipeline

THINGS = tasks.detection("things", 5, max_boxes=3)
TASKS = [THINGS, tasks.segmentation("mask", 5), tasks.multi_label("seen", 5)]
BOX = [0.0, 0.5, 1.0, 1.0]


def example(number, boxes=1):
    """A picture of one colour, with one box of its number."""
    return (
        {"image": np.full((4, 6, 3), 10 * number % 256, "uint8")},
        {
            "things": {
                "bbox": np.array([BOX] * boxes, "float32").reshape(-1, 4),
                "label": np.full(boxes, number),
            },
            "mask": np.full((4, 6, 1), number % 5, "uint8"),
            "seen": np.eye(5, dtype="float32")[number % 5],
        },
    )


def load(count=4, share=1.0, chosen=TASKS, **options):
    return pipeline.batches(
        tf.data.experimental.from_list([example(i) for i in range(count)]),
        "colours",
        tasks=chosen,
        augment=data.Augmentation(mosaic=share),
        seed=0,
        **options,
    )


def first(dataset):
    return next(dataset.as_numpy_iterator())


class TestWhatIsMade:
    def test_each_quarter_is_a_picture_of_half_the_size(self):
        images = first(load())[0]["image"]
        for number in range(4):
            corners = images[number, [0, 0, -1, -1], [0, -1, 0, -1], 0] / 10
            expected = [(number + step) % 4 for step in range(4)]
            assert corners.tolist() == expected
        assert images.shape == (4, 4, 6, 3) and images.dtype == np.uint8
        assert np.all(images[0, :2, :3] == 0) and np.all(
            images[0, :2, 3:] == 10
        )

    def test_boxes_go_to_their_quarters(self):
        boxes = first(load())[1]["things"]
        np.testing.assert_allclose(
            boxes[3],
            [
                [0.0, 0.25, 0.5, 0.5, 3],
                [0.0, 0.75, 0.5, 1.0, 0],
                [0.5, 0.25, 1.0, 0.5, 1],
            ],
        )

    def test_of_too_many_boxes_the_largest_stay(self):
        boxes = np.full((4, 2, 5), -1.0, "float32")
        for row, size in enumerate([0.2, 0.8, 0.4, 0.6]):
            boxes[row, 0] = [0, 0, size, size, row]
        found = mosaic.make(
            {},
            {"things": tf.constant(boxes)},
            {},
            tf.constant([True, False, False, False]),
            [THINGS],
        )[1]["things"]
        np.testing.assert_allclose(
            found[0], [[0, 0.5, 0.4, 0.9, 1], [0.5, 0.5, 0.8, 0.8, 3]]
        )
        np.testing.assert_array_equal(found[1:], boxes[1:])

    def test_padding_comes_last(self):
        boxes = np.full((2, 4, 5), -1.0, "float32")
        boxes[1, 0] = [0, 0, 1, 1, 2]
        found = mosaic._join_boxes(tf.constant(boxes))[0]
        np.testing.assert_allclose(
            found,
            [
                [0.0, 0.5, 0.5, 1.0, 2],
                [0.5, 0.5, 1.0, 1.0, 2],
                [-1] * 5,
                [-1] * 5,
            ],
        )

    def test_masks_and_labels_are_those_of_all_four(self):
        _, targets, _ = first(load(4))
        corners = targets["mask"][0, [0, 0, -1, -1], [0, -1, 0, -1], 0]
        assert corners.tolist() == [0, 1, 2, 3]
        assert targets["seen"].tolist() == [[1, 1, 1, 1, 0]] * 4

    def test_a_mosaic_is_labelled_where_all_four_are(self):
        weights = tf.constant([1.0, 1.0, 0.0, 1.0, 1.0])
        chosen = tf.constant([True, True, True, True, False])
        _, _, found = mosaic.make({}, {}, {"seen": weights}, chosen, [])
        # The fourth row takes rows 4, 5, 1 and 2.
        assert found["seen"].numpy().tolist() == [0, 0, 0, 1, 1]


class TestHowOften:
    def test_so_many_examples_become_one(self):
        images = first(load(400, 0.3, [], batch_size=400, shuffle=False))
        images = images[0]["image"][..., 0]
        joined = np.any(images != images[:, :1, :1], axis=(1, 2))
        assert 0.2 < joined.mean() < 0.4

    def test_seeds_decide(self):
        def read():
            return [batch[0]["image"] for batch in load(20, 0.5)]

        for one, other in zip(read(), read(), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_without_a_share_there_is_none(self):
        images = first(load(4, 0.0))[0]["image"]
        assert [np.ptp(image) for image in images] == [0, 0, 0, 0]


class TestMistakes:
    def test_one_class_of_four_pictures(self):
        task = tasks.classification("kind", 3, feature="seen")
        with pytest.raises(ValueError, match="mosaic.*boxes.*Received.*'kind'"):
            mosaic.check([task], {"image": tf.TensorSpec((4, 6, 3))})

    @pytest.mark.parametrize("shape", [(4, 7, 3), (5, 6, 3), (), (12,)])
    def test_what_cannot_be_halved(self, shape):
        with pytest.raises(ValueError, match="even height.*Received.*'image'"):
            mosaic.check([], {"image": tf.TensorSpec(shape)})

    def test_the_pipeline_looks_first(self):
        task = tasks.regression("seen", units=5)
        with pytest.raises(ValueError, match="mosaic.*Received.*'seen'"):
            load(chosen=[task])
