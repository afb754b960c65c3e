"""The loader on real photographs, against facts found without it.

The facts come from a script of its own that read every XML file with
`xml.etree` and every JPEG with Pillow: 364 photographs of 640 x 480, 4,888
boxes, of which two have no area; no other fault.
"""

import re
import warnings

import numpy as np
import pytest

from mm_keras import data
from mm_keras import tasks

CLASSES = ("Platelets", "RBC", "WBC")
SPLITS = {"train": 205, "val": 87, "trainval": 292, "test": 72}
EMPTY_BOXES = [
    (
        "BloodImage_00338",
        "object 13 (RBC): the box (337, 504, 337, 504) has no area",
    ),
    (
        "BloodImage_00343",
        "object 4 (RBC): the box (329, 181, 329, 181) has no area",
    ),
]


@pytest.fixture(scope="module")
def folder(shared_data):
    path = shared_data / "bccd"
    if not path.is_dir():
        pytest.skip(f"No blood cells in {path}.")
    return path


def load(folder, split=None, names=(), **options):
    return data.from_voc(
        folder,
        split,
        tasks=list(names),
        classes=CLASSES,
        image_size=(60, 80),
        **options,
    )


def cell_tasks():
    return [
        tasks.detection("objects", 3),
        tasks.multi_label("labels", 3),
        tasks.regression("counts", 3),
    ]


@pytest.fixture(scope="module")
def everything(folder):
    with pytest.warns(UserWarning, match="faults in 2 of 364") as seen:
        dataset = load(folder, names=cell_tasks(), on_fault="skip")
    return dataset, str(seen[0].message)


def test_the_classes_are_found(folder):
    assert data.class_names(folder) == CLASSES


def test_faults_are_those_that_a_person_found(everything):
    dataset, message = everything
    found = [(fault.sample, fault.problem) for fault in dataset.faults]
    assert found == EMPTY_BOXES
    assert all(sample in message for sample, _ in EMPTY_BOXES)


def test_faults_raise_unless_they_may_be_skipped(folder):
    with pytest.raises(ValueError, match="BloodImage_00338(.|\n)*00343"):
        load(folder)


def test_all_pictures_and_boxes_are_there(everything):
    dataset, _ = everything
    _, targets, weights = zip(*dataset, strict=True)
    boxes = np.concatenate([target["objects"] for target in targets])
    assert len(boxes) == 364
    real = boxes[boxes[..., 4] >= 0]
    assert len(real) == 4888 - 2
    assert np.all(real[:, 2:4] > real[:, :2])
    assert real[:, :4].min() >= 0 and real[:, :4].max() <= 1
    counts = np.concatenate([target["counts"] for target in targets])
    present = np.concatenate([target["labels"] for target in targets])
    known = np.concatenate([weight["counts"] for weight in weights]) > 0
    # How many are there is unknown where an object was skipped: two
    # photographs with 22 red cells, 2 white ones and 2 platelets.
    assert known.sum() == 364 - 2
    np.testing.assert_array_equal(
        counts[known].sum(0), [361 - 2, 4155 - 22, 372 - 2]
    )
    np.testing.assert_array_equal(present[known], counts[known] > 0)


def test_every_box_is_the_one_in_its_file(folder, everything):
    dataset, _ = everything
    targets = iter(dataset.unbatch())
    for name, (_, target, _) in zip(dataset.samples, targets, strict=True):
        text = (folder / "Annotations" / f"{name}.xml").read_text()
        numbers = re.findall(r"<([xy])(min|max)>(\d+)<", text)
        edges = np.array([int(n) for *_, n in numbers]).reshape(-1, 4)
        edges = edges[edges[:, 0] < edges[:, 2]][:, [1, 0, 3, 2]]
        boxes = target["objects"][: len(edges), :4] * [480, 640, 480, 640]
        np.testing.assert_allclose(boxes, edges, atol=1e-3)


@pytest.mark.parametrize("split", SPLITS)
def test_splits_have_the_official_numbers(folder, split):
    with warnings.catch_warnings(action="ignore"):
        dataset = load(folder, split, on_fault="skip")
    assert len(dataset.samples) == len(set(dataset.samples)) == SPLITS[split]


def test_a_real_file_that_is_cut_is_named(folder, tmp_path):
    for part in ("Annotations", "JPEGImages"):
        (tmp_path / part).mkdir()
    names = ["BloodImage_00000", "BloodImage_00001"]
    for name in names:
        for path in folder.glob(f"*/{name}.*"):
            data_ = path.read_bytes()
            (tmp_path / path.parent.name / path.name).write_bytes(data_)
    cut = tmp_path / "JPEGImages" / f"{names[1]}.jpg"
    cut.write_bytes(cut.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=f"{names[1]}.jpg is corrupt or trunc"):
        load(tmp_path)
