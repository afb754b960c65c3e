"""What a model predicts becomes words, and JSON."""

import json

import numpy as np
import pytest

from mm_keras import tasks
from mm_keras_cli.runs import answers
from mm_keras_cli.runs import drawing

NAMES = ["ant", "bee", "cow"]


def answer(task, found, names=NAMES, **options):
    """Returns the answer of a task to the second example of a batch."""
    if not isinstance(found, dict):
        found = {task.name: found}
    batch = {
        name: np.stack([np.zeros_like(value), value])
        for name, value in found.items()
    }
    known = {} if names is None else {task.name: names}
    (own,) = answers.answers([task], batch, 1, known, 0.4, **options).values()
    assert json.loads(json.dumps(own)) == own
    return own


def test_a_class_is_the_most_probable_one():
    task = tasks.classification("kind", 3)
    own = answer(task, np.array([0.25, 0.625, 0.125]))
    assert own == {"class": 1, "name": "bee", "probability": 0.625}
    assert answers.words(own) == "bee (0.62)"
    own = answer(task, np.array([0.25, 0.625, 0.125]), None)
    assert own == {"class": 1, "probability": 0.625}
    assert answers.words(own) == "1 (0.62)"


def test_labels_are_those_that_are_more_probable_than_not():
    task = tasks.multi_label("seen", 3)
    own = answer(task, np.array([0.75, 0.5, 1.0]))
    assert [part["name"] for part in own] == ["ant", "cow"]
    assert answers.words(own) == "ant (0.75), cow (1.00)"
    assert answers.words(answer(task, np.zeros(3))) == "none"


def test_boxes_of_a_low_score_and_padding_are_left_out():
    found = {
        "things_boxes": np.array([[0, 0, 0.5, 1], [0, 0, 1, 1], [0, 0, 0, 0]]),
        "things_classes": np.array([2, 0, -1]),
        "things_scores": np.array([0.75, 0.25, 1.0]),
        "things_count": np.array(2),
    }
    own = answer(tasks.detection("things", 3), found)
    box = {"box": [0, 0, 0.5, 1], "class": 2, "name": "cow", "score": 0.75}
    assert own == [box]
    assert answers.words(own) == "cow (0.75)"


def test_many_parts_are_not_all_told():
    part = {"class": 0, "score": 0.5}
    told = answers.words([part] * 11)
    assert told.count("0 (0.50)") == 8
    assert told.endswith(", 3 more")


@pytest.mark.parametrize(
    ("names", "num_classes", "told"),
    [
        (NAMES, 4, "background (0.75), bee (0.25)"),
        (None, 4, "0 (0.75), 2 (0.25)"),
        (NAMES, 3, "ant (0.75), cow (0.25)"),
    ],
)
def test_a_mask_is_told_by_the_shares_of_its_classes(names, num_classes, told):
    mask = np.array([[0, 0], [0, 2]])[..., None]
    task = tasks.segmentation("mask", num_classes)
    assert answers.words(answer(task, mask, names)) == told


def test_numbers_are_told_as_they_are():
    task = tasks.regression("count", 2)
    own = answer(task, np.array([0.5, 1234.5678]))
    assert own == [0.5, 1234.5678]
    assert answers.words(own) == "0.5, 1235"
    place = answer(tasks.localization("head"), np.array([0, 0.25, 0.5, 1]))
    assert place == [0, 0.25, 0.5, 1]


def test_depths_are_told_by_their_range():
    depth = np.array([[1.0, 3.0], [2.0, 2.0]])[..., None]
    own = answer(tasks.depth("far"), depth)
    assert own == {"least": 1, "mean": 2, "most": 3}
    assert answers.words(own) == "least 1, mean 2, most 3"


def test_points_are_told_with_their_scores():
    found = {
        "eyes_points": np.array([[0.5, 0.25], [0.5, 0.75]]),
        "eyes_scores": np.array([1.0, 0.5]),
    }
    own = answer(tasks.keypoints("eyes", 2), found)
    assert own == [
        {"y": 0.5, "x": 0.25, "score": 1.0},
        {"y": 0.5, "x": 0.75, "score": 0.5},
    ]
    assert answers.words(own[:1]) == "y 0.5, x 0.25, score 1"


def test_tags_are_told_without_padding():
    task = tasks.tagging("parts", 3)
    own = answer(task, np.array([2, 0, -1, -1]))
    assert own == ["cow", "ant"]
    assert answers.words(own) == "cow, ant"
    assert answer(task, np.array([2, 0, -1]), None) == [2, 0]


def test_two_modalities_are_compared():
    own = answer(tasks.alignment("match"), np.array([[0.6, 0.8], [1.0, 0.0]]))
    assert own["embeddings"] == [[0.6, 0.8], [1.0, 0.0]]
    assert answers.words(own) == "similarity 0.6"


def test_every_kind_of_target_that_a_task_has_is_told():
    from mm_keras_cli.prepared_data import TASKS

    assert set(TASKS) | {"pair"} == {
        *answers._READERS,
        "boxes",
        "points",
    }


@pytest.mark.parametrize(
    ("names", "files"),
    [
        (["a/x.png", "y.jpg"], ["x.png", "y.png"]),
        (["a/x.png", "b/x.jpg", "y"], ["0_x.png", "1_x.png", "y.png"]),
        (["t.csv:2", "t.csv:3"], ["t.csv_2.png", "t.csv_3.png"]),
    ],
)
def test_files_of_pictures_have_different_names(names, files):
    assert drawing.file_names(names) == files


def test_a_mask_is_stretched_by_its_nearest_pixels():
    mask = np.array([[1, 2], [3, 4]])[..., None]
    stretched = drawing.stretch(mask, (2, 4))
    assert stretched[..., 0].tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]
    small = drawing.stretch(np.arange(16).reshape(4, 4, 1), (2, 2))
    assert small[..., 0].tolist() == [[5, 7], [13, 15]]
