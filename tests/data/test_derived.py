"""What is said of all objects of a picture is said of those that are seen."""

import numpy as np
import own_files
import pytest

from mm_keras import data
from mm_keras import tasks

AUGMENT = data.Augmentation(rotation=10, shift=0.5)


def epochs(dataset, count=4):
    """Targets and weights of some epochs, as arrays of all rows."""
    for _ in range(count):
        for _, targets, weights in dataset.as_numpy_iterator():
            yield targets, weights


def check(targets, boxes, labels, *, counts=None, count=None, total=None):
    """Compares what is derived with the boxes; returns how many there are."""
    ids = [row[row[:, 4] >= 0, 4].astype(int) for row in targets[boxes]]
    size = targets[labels].shape[1]
    numbers = np.array([np.bincount(row, minlength=size) for row in ids])
    np.testing.assert_array_equal(targets[labels], numbers > 0)
    expected = {
        counts: numbers,
        count: numbers.sum(axis=1, keepdims=True),
        total: numbers @ np.arange(size)[:, None],
    }
    for name, value in expected.items():
        if name is not None:
            np.testing.assert_array_equal(targets[name], value)
    return numbers.sum(axis=1)


def test_digits_that_left_the_picture_do_not_count(tfds_dir):
    dataset = data.load(
        "digit_scenes",
        "train[:50]",
        tasks=[
            tasks.detection("digits", 10),
            tasks.multi_label("present", 10),
            tasks.regression("count"),
            tasks.regression("sum"),
        ],
        augment=AUGMENT,
        seed=0,
        data_dir=tfds_dir,
    )
    seen = [
        check(targets, "digits", "present", count="count", total="sum")
        for targets, _ in epochs(dataset)
    ]
    assert min(map(np.min, seen)) == 0  # Each scene has one, at least.


def own_tasks():
    return [
        tasks.detection("objects", 2),
        tasks.multi_label("labels", 2),
        tasks.regression("counts", 2),
        tasks.regression("count"),
    ]


def test_objects_of_own_files_that_left_do_not_count(tmp_path):
    boxes = [("cat", 0, 0, 8, 16), ("dog", 30, 60, 38, 76)]
    folder = own_files.write_voc(tmp_path, {"a": boxes, "b": boxes[:1]})
    clear = tasks.multi_label("clear", 2, feature="labels_no_difficult")
    dataset = data.from_voc(
        folder,
        tasks=[*own_tasks(), clear],
        image_size=(40, 80),
        augment=AUGMENT,
        seed=0,
    )
    seen = []
    for targets, _ in epochs(dataset, 8):
        names = {"counts": "counts", "count": "count"}
        seen.extend(check(targets, "objects", "labels", **names))
        check(targets, "objects", "clear")
    assert set(seen) == {0, 1, 2}


def test_without_its_crowd_the_number_is_known(tmp_path):
    crowd = own_files.coco_object(1, 1, 7, [0, 0, 16, 8], iscrowd=1)
    paths = own_files.write_coco(
        tmp_path, [own_files.coco_image(1)], [crowd], {3: "cat", 7: "dog"}
    )
    dataset = data.from_coco(
        *paths, tasks=own_tasks(), image_size=(40, 80), augment=AUGMENT, seed=0
    )
    known = set()
    for targets, weights in epochs(dataset, 16):
        there = targets["labels"][0, 1]
        assert weights["count"] == weights["counts"] == 1 - there
        known.add(there)
    assert known == {0, 1}


@pytest.mark.parametrize("name", ["coco/2017", "voc/2007", "digit_scenes"])
def test_what_is_derived_is_offered(name):
    offered = data.offers(name)
    assert set(offered.derived) <= set(offered.features)
    kinds = {offered.features[f].kind for f in offered.derived}
    assert kinds == {"labels", "number"}
