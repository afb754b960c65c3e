"""Which rows have a label, and which classes they show, in NumPy."""

import types

import numpy as np
import pytest
import tensorflow as tf

from mm_keras import tasks
from mm_keras.data.class_presence import class_presence
from mm_keras.data.class_presence import has_label
from mm_keras.data.unlabelled import is_labelled
from mm_keras.tasks.target import KINDS

BOX = [0.1, 0.2, 0.5, 0.6]
NAN = np.nan
# Rows with and without labels, in this order.
ROWS = {
    "class": ([0, 3, -1], [1, 1, 0]),
    "pair": ([5, -1, 0], [1, 0, 1]),
    "labels": ([[0, 1], [-1, -1], [NAN, NAN], [0, 0]], [1, 0, 0, 1]),
    "number": ([[0.0, -1.0], [NAN, 1.0], [NAN, NAN]], [1, 0, 0]),
    "box": ([BOX, [-1] * 4, [NAN] * 4], [1, 0, 0]),
    "boxes": (
        [[[*BOX, 1], [-1] * 5], [[-1] * 5] * 2, [[NAN] * 5, [-1] * 5]],
        [1, 1, 0],
    ),
    "points": ([[[0.5, 0.5], [NAN] * 2], [[NAN] * 2] * 2], [1, 0]),
    "tags": ([[3, -1], [-1, -1]], [1, 0]),
    "depth": (
        [[[[0.0], [2.5]]], [[[0.0], [0.0]]], [[[NAN], [0.0]]]],
        [1, 0, 0],
    ),
    "mask": ([[[[0], [1]]], [[[-1], [-1]]], [[[-1], [2]]]], [1, 0, 1]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_rows_with_labels_are_the_same_as_for_tensors(kind):
    rows, labelled = ROWS[kind]
    values = np.array(rows, "float32")
    np.testing.assert_array_equal(has_label(values, kind), labelled)
    np.testing.assert_array_equal(
        is_labelled(tf.constant(values), kind), labelled
    )


def classes(task, values):
    """The classes that each row shows; None where there is no label."""
    labelled, present = class_presence(task, values)
    return [
        np.flatnonzero(row).tolist() if has else None
        for has, row in zip(labelled, present, strict=True)
    ]


def test_a_class_id_is_the_class():
    task = tasks.classification("kind", 3)
    assert classes(task, np.array([2, -1, 0])) == [[2], None, [0]]
    assert classes(task, [2, None, 0]) == [[2], None, [0]]


def test_zeros_and_ones_are_classes():
    task = tasks.multi_label("tags", 2)
    rows = np.array([[1, 1], [0, 1], [NAN, NAN], [0, 0]])
    assert classes(task, rows) == [[0, 1], [1], None, []]


def test_a_class_counts_once_however_many_boxes_have_it():
    task = tasks.detection("things", 4)
    rows = [[[*BOX, 3], [*BOX, 1], [*BOX, 3]], [], None]
    assert classes(task, rows) == [[1, 3], [], None]
    padded = np.array([[[*BOX, 3], [-1] * 5]])
    assert classes(task, padded) == [[3]]


def test_ignored_pixels_show_nothing():
    mask = np.array([[[0, 2], [2, 255]]])
    task = tasks.segmentation("mask", 3, ignore_class=255)
    assert classes(task, mask) == [[0, 2]]
    task = tasks.segmentation("mask", 3, ignore_class=0)
    assert classes(task, mask) == [[2]]


def test_ids_without_a_class_are_passed_over():
    assert classes(tasks.classification("kind", 3), np.array([7])) == [[]]


def test_a_tag_is_the_class_of_a_token():
    target = types.SimpleNamespace(kind="tags", num_classes=4)
    task = types.SimpleNamespace(name="words", target=target, loss=None)
    assert classes(task, np.array([[3, 0, 3, -1], [-1] * 4])) == [[0, 3], None]


def test_numbers_have_no_classes():
    labelled, present = class_presence(
        tasks.regression("angle"), np.array([[0.5], [NAN]])
    )
    assert labelled.tolist() == [True, False]
    assert present.shape == (2, 0)
