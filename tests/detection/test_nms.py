import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import detection


def greedy(boxes, classes, valid, threshold):
    """The textbook loop, for one picture."""
    kept = []
    for i in range(len(boxes)):
        if valid[i] and not any(
            classes[i] == classes[j] and iou(boxes[i], boxes[j]) > threshold
            for j in kept
        ):
            kept.append(i)
    return np.isin(np.arange(len(boxes)), kept)


def iou(a, b):
    height = min(a[2], b[2]) - max(a[0], b[0])
    width = min(a[3], b[3]) - max(a[1], b[1])
    intersection = max(height, 0) * max(width, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return intersection / max(union - intersection, 1e-12)


def random_boxes(batch, count, num_classes, seed):
    """Boxes with coordinates on a coarse grid, so that many are equal."""
    rng = np.random.default_rng(seed)
    corner = rng.integers(12, size=(batch, count, 2))
    boxes = np.concatenate(
        [corner, corner + 1 + rng.integers(8, size=corner.shape)], -1
    )
    classes = rng.integers(num_classes, size=(batch, count))
    return boxes.astype("float32"), classes, rng.random((batch, count)) < 0.9


def run(boxes, classes, valid, threshold):
    keep = detection.non_max_suppression(
        boxes, classes, valid, iou_threshold=threshold
    )
    return ops.convert_to_numpy(keep)


# No ratio of areas equals these, so rounding decides nothing.
@pytest.mark.parametrize("threshold", [0.0, 0.3001, 0.5001, 0.9001, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_equals_the_greedy_loop(seed, threshold):
    arguments = random_boxes(4, 60, 1 + seed, seed)
    expected = [greedy(*row, threshold) for row in zip(*arguments, strict=True)]
    np.testing.assert_array_equal(run(*arguments, threshold), expected)


def test_long_chain_settles():
    # Each box overlaps the next one only: every other one stays.
    corners = np.stack([0.3 * np.arange(50), np.zeros(50)], axis=-1)
    boxes = np.concatenate([corners, corners + 1], axis=-1)[None]
    ones = np.ones((1, 50))
    keep = run(boxes.astype("float32"), ones, ones > 0, 0.5)
    np.testing.assert_array_equal(keep[0], np.arange(50) % 2 == 0)


def test_classes_do_not_suppress_each_other():
    boxes = np.array([[[0, 0, 1, 1]] * 3], "float32")
    keep = run(boxes, np.array([[1, 2, 1]]), np.ones((1, 3), bool), 0.5)
    np.testing.assert_array_equal(keep, [[True, True, False]])


def test_padding_suppresses_nothing():
    boxes = np.array([[[0, 0, 1, 1]] * 2], "float32")
    valid = np.array([[False, True]])
    np.testing.assert_array_equal(
        run(boxes, np.array([[1, 1]]), valid, 0.5), valid
    )


def test_equals_itself_compiled():
    boxes, classes, valid = random_boxes(3, 80, 2, seed=9)
    expected = run(boxes, classes, valid, 0.4001)

    def function(boxes):
        return detection.non_max_suppression(
            boxes, classes, valid, iou_threshold=0.4001
        )

    if keras.backend.backend() == "jax":
        import jax

        compiled = [jax.jit(function)]
    else:
        import tensorflow as tf

        any_batch = [tf.TensorSpec((None, 80, 4))]
        compiled = [
            tf.function(function, input_signature=any_batch),
            tf.function(function, jit_compile=True),
        ]
    for variant in compiled:
        np.testing.assert_array_equal(
            ops.convert_to_numpy(variant(ops.convert_to_tensor(boxes))),
            expected,
        )
