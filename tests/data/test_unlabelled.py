import numpy as np
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks

NAN = np.nan


@pytest.mark.parametrize(
    "task, labelled, missing, filler",
    [
        (tasks.classification("t", 3), np.int32(2), np.int32(-1), 0),
        (tasks.alignment("t"), np.int32(2), np.int32(-1), -1),
        (tasks.regression("t"), [0.5], [NAN], 0),
        (tasks.regression("t", 2), [0.5, -1.0], [0.5, NAN], 0),
        (tasks.multi_label("t", 2), [0.0, 1.0], [NAN, NAN], 0),
        (tasks.multi_label("t", 2), [0.0, 0.0], [-1.0, -1.0], 0),
        (tasks.localization("t"), [0.0, 0, 1, 1], [NAN] * 4, 0),
        (tasks.localization("t"), [0.0, 0, 1, 1], [-1.0] * 4, 0),
        (tasks.segmentation("t", 3), [[[2]], [[0]]], [[[-1]], [[-1]]], 0),
        (tasks.segmentation("t", 3), [[[2]], [[-1]]], [[[-1]], [[-1]]], 0),
        (tasks.depth("t"), [[[2.0]], [[0.0]]], [[[NAN]], [[0.0]]], 0),
        (tasks.depth("t"), [[[2.0]], [[NAN]]], [[[NAN]], [[NAN]]], 0),
        (tasks.tagging("t", 3, max_tokens=2), [2, -1], [-1, -1], -1),
        (
            tasks.detection("t", 3, max_boxes=1),
            [[-1.0] * 5],
            [[NAN] * 5],
            -1,
        ),
    ],
    ids=lambda value: getattr(getattr(value, "target", None), "kind", None),
)
def test_missing_rows_get_a_filler_and_weight_zero(
    task, labelled, missing, filler
):
    values = np.array([labelled, missing])
    targets, weights = data.fill_unlabelled({"t": values}, [task], batch_size=2)
    np.testing.assert_array_equal(weights["t"], [1, 0])
    np.testing.assert_array_equal(targets["t"][0], labelled)
    np.testing.assert_array_equal(
        targets["t"][1], np.full_like(missing, filler)
    )
    assert targets["t"].dtype == task.target.dtype


def test_absent_tasks_are_filled():
    targets, weights = data.fill_unlabelled(
        {}, [tasks.multi_label("t", 3)], batch_size=2
    )
    np.testing.assert_array_equal(targets["t"], np.zeros((2, 3)))
    np.testing.assert_array_equal(weights["t"], [0, 0])


def test_absent_masks_are_explained():
    with pytest.raises(ValueError, match="'t' expects.*Received.*Give"):
        data.fill_unlabelled({}, [tasks.segmentation("t", 3)], batch_size=2)


def test_works_inside_a_dataset():
    task = tasks.regression("t")
    dataset = tf.data.Dataset.from_tensor_slices({"t": [[1.0], [NAN]]})
    dataset = dataset.batch(2).map(
        lambda t: data.fill_unlabelled(
            t, [task], batch_size=tf.shape(t["t"])[0]
        )
    )
    targets, weights = next(iter(dataset))
    np.testing.assert_array_equal(targets["t"], [[1], [0]])
    np.testing.assert_array_equal(weights["t"], [1, 0])
