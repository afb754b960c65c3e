"""The page of `check-data` survives whatever is wrong with the data."""

import numpy as np
import pytest

from mm_keras import data
from mm_keras import tasks
from mm_keras_cli import check_data_page as page

NAN = np.nan
THINGS = tasks.detection("things", 3, max_boxes=3)
TASKS = [
    THINGS,
    tasks.localization("place"),
    tasks.segmentation("mask", 3),
]


def batches(rows=7, size=3):
    """Pictures whose first value is their number, in batches."""
    images = np.random.default_rng(0).integers(0, 256, (rows, 32, 32, 3))
    images = images.astype("float32")
    images[:, 0, 0, 0] = np.arange(rows)
    return [({"image": images[i : i + size]}, {}) for i in range(0, rows, size)]


def test_samples_are_read_once_more_in_one_pass():
    calls = []

    def read():
        for batch in batches():
            calls.append(1)
            yield batch

    found = dict(page.read_samples(read(), [4, 0, 3]))
    assert sorted(found) == [0, 3, 4]
    assert all(found[i][0]["image"][0, 0, 0] == i for i in (0, 3, 4))
    assert len(calls) == 2  # What comes after them is not read.


def test_boxes_of_all_tasks_are_drawn_inside_the_picture():
    things = np.array(
        [[0.1, 0.2, 0.5, 0.6, 2], [10, 20, 50, 60, 1], [NAN, 0, 1, 1, 0]]
    )
    targets = {"things": things, "place": np.array([-0.5, 0, 0.5, 1])}
    drawn = page.note(TASKS, targets, (32, 32))
    np.testing.assert_array_equal(
        drawn["boxes"], [[0.1, 0.2, 0.5, 0.6], [1, 1, 1, 1], [0, 0, 0.5, 1]]
    )
    assert drawn["classes"].tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    "targets",
    [
        {},
        {"things": np.zeros((3, 4))},
        {"place": np.full(4, NAN)},
        {"mask": np.zeros((16, 16, 1))},
    ],
    ids=["none", "another form", "missing", "another size"],
)
def test_labels_that_cannot_be_drawn_are_left_out(targets):
    assert page.note(TASKS, targets, (32, 32)) == {}


def test_every_kind_of_fault_makes_a_page():
    dataset = batches()
    for number, (inputs, targets) in enumerate(dataset):
        rows = len(inputs["image"])
        inputs["image"][0, 1:] = [NAN, 0, 999][number]
        targets["things"] = np.full((rows, 3, 5), 7.0, "float32")
        targets["place"] = np.full((rows, 4), [NAN, 0.5, 5][number])
        targets["mask"] = np.full((rows, 32, 32, 1), [9, 1, -1][number])
    report = data.validate({"train": dataset}, TASKS)
    text = page.make("a set", {"train": dataset}, TASKS, report)
    assert text.count("data:image/png;base64,") == 7
    for fault in report.faults:
        assert f"<td>{fault.sample}</td>" in text


def test_data_without_pictures_has_a_page_of_tables():
    dataset = [({"text": np.array(["a", "b"])}, {"kind": np.array([0, 9])})]
    kinds = [tasks.classification("kind", 3)]
    report = data.validate(dataset, kinds)
    text = page.make("texts", {"data": dataset}, kinds, report)
    assert "<img" not in text
    assert "expected class ids from 0 to 2" in text
