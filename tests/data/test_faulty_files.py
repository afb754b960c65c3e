"""Every fault in one folder: each file is named, the rest trains."""

import re
import warnings

import numpy as np
import own_files
import pytest

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

CLASSES = ("cat", "dog")
GOOD = ["good0", "good1", "good2"]


def voc(folder):
    """A folder in the layout of VOC with every fault, and their names."""
    things = {name: [("cat", 0, 0, 20, 40)] for name in GOOD}
    things |= {
        "no_area": [("cat", 5, 5, 5, 9), ("dog", 0, 0, 20, 20)],
        "reversed": [("cat", 9, 5, 2, 9)],
        "outside": [("cat", 0, 0, 43, 80)],
        "unknown": [("cow", 0, 0, 9, 9)],
        "not_a_number": [("cat", 0, "left", 9, 9), ("cat", "nan", 0, 9, 9)],
        "missing": [],
        "truncated": [],
        "empty": [],
        "resized": [],
        "broken": [],
        "lonely": [],
        "twin": [],
    }
    own_files.write_voc(folder, things)
    pictures, notes = folder / "JPEGImages", folder / "Annotations"
    (pictures / "missing.jpg").unlink()
    own_files.truncate(own_files.write_noise(pictures / "truncated.jpg"))
    (pictures / "empty.jpg").write_bytes(b"")
    own_files.write_picture(pictures / "resized.jpg", size=(80, 40))
    (notes / "broken.xml").write_text("<annotation><object>")
    (notes / "lonely.xml").unlink()
    own_files.write_picture(pictures / "twin.png")
    with open(folder / "ImageSets" / "Main" / "train.txt", "a") as file:
        file.write("good1\n")
    return {
        "no_area": r"object 1 \(cat\): the box \(5, 5, 5, 9\) has no area",
        "reversed": r"the box \(9, 5, 2, 9\) has no area",
        "outside": "reaches 3 pixels outside the picture of 40 x 80",
        "unknown": r"the class is none of \['cat', 'dog'\]",
        "not_a_number": "object 1 .cat.: the box is not four numbers",
        "missing": "JPEGImages has no picture of this name",
        "truncated": "truncated.jpg is corrupt or truncated",
        "empty": "empty.jpg is an empty file",
        "resized": r"has 80 x 40 pixels .* its annotation says 40 x 80",
        "broken": "broken.xml is no valid XML: no element found",
        "lonely": "lonely.xml does not exist",
        "twin": "is the name of .*twin.jpg.*twin.png",
        "good1": "is listed 2 times",
    }


def coco(folder):
    """The same in COCO's format."""
    names = [
        *GOOD,
        *["no_area", "outside", "unknown", "three_numbers", "missing"],
        *["truncated", "resized"],
    ]
    images = [
        own_files.coco_image(id_, f"{name}.jpg")
        for id_, name in enumerate(names)
    ]
    images += [own_files.coco_image(99, "good1.jpg")]
    boxes = {
        **{name: [0, 0, 40, 20] for name in GOOD},
        "no_area": [5, 5, 4, 0],
        "outside": [0, 0, 83, 9],
        "unknown": [0, 0, 9, 9],
        "three_numbers": [0, 0, 9],
    }
    annotations = [
        own_files.coco_object(
            i, names.index(name), 9 if name == "unknown" else 1, box
        )
        for i, (name, box) in enumerate(boxes.items(), start=1)
    ]
    annotations += [own_files.coco_object(50, 77, 1, [0, 0, 9, 9])]
    _, pictures = own_files.write_coco(
        folder, images, annotations, {1: "cat", 2: "dog"}
    )
    (pictures / "missing.jpg").unlink()
    own_files.truncate(own_files.write_noise(pictures / "truncated.jpg"))
    own_files.write_picture(pictures / "resized.jpg", size=(80, 40))
    return {
        "no_area.jpg": r"object 4 \(cat\): the box \(5, 5, 5, 9\) has no area",
        "outside.jpg": "reaches 3 pixels outside",
        "unknown.jpg": r"object 6 \(category_id 9\): the class is none of",
        "three_numbers.jpg": "the box is not four numbers",
        "missing.jpg": "missing.jpg does not exist",
        "truncated.jpg": "truncated.jpg is corrupt or truncated",
        "resized.jpg": "has 80 x 40 pixels",
        "good1.jpg": r"images\[10\] has its id or its name again",
        "image_id 77": r"annotations\[7\] has a picture not in `images`",
    }


def load_voc(folder, **options):
    return data.from_voc(folder, "train", **options)


def load_coco(folder, **options):
    return data.from_coco(
        folder / "things.json", folder / "pictures", **options
    )


FORMATS = {"voc": (voc, load_voc), "coco": (coco, load_coco)}
OBJECT_FAULTS = ("no_area", "reversed", "outside", "unknown", "three_numbers")
STAY = (*GOOD, *OBJECT_FAULTS, "not_a_number")


@pytest.fixture(params=FORMATS)
def faulty(request, tmp_path):
    write, load = FORMATS[request.param]
    expected = write(tmp_path)

    def load_it(**options):
        options = {
            "image_size": (32, 32),
            "classes": CLASSES,
            "tasks": pet_tasks(),
            **options,
        }
        return load(tmp_path, **options)

    return load_it, expected


def pet_tasks():
    return [tasks.multi_label("labels", 2), tasks.regression("counts", 2)]


def test_faults_raise_and_every_file_is_named(faulty):
    load, expected = faulty
    with pytest.raises(ValueError) as error:
        load()
    for sample, problem in expected.items():
        row = rf"(?m)^{re.escape(sample)} .*{problem}"
        assert re.search(row, str(error.value)), sample


def test_more_faults_than_allowed_raise(faulty):
    load, expected = faulty
    few = len(expected) - 1
    with pytest.raises(ValueError, match=f"max_faults={few}(.|\n)*truncated"):
        load(on_fault="skip", max_faults=few)


def test_the_rest_trains_after_one_report(faulty):
    load, expected = faulty
    with pytest.warns(UserWarning, match="Left out") as seen:
        train = load(
            on_fault="skip",
            max_faults=len(expected),
            batch_size=4,
        )
    assert len(seen) == 1 and seen[0].filename == __file__
    assert set(train.faults.samples) == set(expected)
    names = [sample.removesuffix(".jpg") for sample in train.samples]
    assert set(names) < set(STAY) and set(GOOD) < set(names)
    image = encoders.convnet((32, 32, 3), (8, 8))
    model = models.hard_sharing({"image": image}, pet_tasks())
    history = model.fit(train, epochs=2, verbose=0).history
    assert np.all(np.isfinite(history["loss"]))


def test_a_faulty_box_leaves_its_picture(faulty):
    load, expected = faulty
    with warnings.catch_warnings(action="ignore"):
        train = load(
            tasks=[tasks.detection("objects", 2, max_boxes=4)],
            on_fault="skip",
            max_faults=len(expected),
            shuffle=False,
        )
    _, targets, _ = next(iter(train))
    row = [name.removesuffix(".jpg") for name in train.samples].index("no_area")
    left = targets["objects"][row].numpy()
    if "reversed" in expected:  # VOC: its other object stays.
        np.testing.assert_allclose(left[0], [0, 0, 0.5, 0.25, 1])
        left = left[1:]
    assert np.all(left == -1)


@pytest.mark.parametrize("augment", [None, data.Augmentation(shift=0.5)])
def test_a_picture_that_lacks_an_object_is_not_counted(faulty, augment):
    load, expected = faulty
    wanted = [*pet_tasks(), tasks.regression("count")]
    wanted += [tasks.detection("objects", 2, max_boxes=4)]
    if "reversed" in expected:  # VOC
        wanted += [tasks.multi_label("labels_no_difficult", 2)]
    with warnings.catch_warnings(action="ignore"):
        train = load(
            tasks=wanted,
            on_fault="skip",
            max_faults=None,
            shuffle=False,
            augment=augment,
        )
    _, _, weights = next(iter(train))
    names = [name.removesuffix(".jpg") for name in train.samples]
    lacking = [name in (*OBJECT_FAULTS, "not_a_number") for name in names]
    assert any(lacking) and not all(lacking)
    assert np.all(weights.pop("objects") == 1)
    for weight in weights.values():
        np.testing.assert_array_equal(weight == 0, lacking)


def test_a_folder_of_classes_names_its_faults(tmp_path):
    for name in ("cat/a.jpg", "dog/b.jpg", "cow/d.jpg", "stray.jpg"):
        own_files.write_picture(tmp_path / name)
    own_files.truncate(own_files.write_noise(tmp_path / "dog" / "cut.png"))
    (tmp_path / "cat" / "page.jpg").write_text("<html>404</html>")
    with pytest.warns(UserWarning, match="4 of 6"):
        train = data.from_folder(
            tmp_path,
            tasks=[tasks.classification("label", 2)],
            classes=CLASSES,
            image_size=(8, 8),
            on_fault="skip",
            max_faults=0.7,
        )
    assert set(train.faults.samples) == {
        "cow/d.jpg",
        "stray.jpg",
        "dog/cut.png",
        "cat/page.jpg",
    }
    assert train.samples == ["cat/a.jpg", "dog/b.jpg"]


def test_nothing_left_is_explained(tmp_path):
    for name in ("cat", "dog"):
        own_files.truncate(own_files.write_noise(tmp_path / name / "cut.png"))
    with (
        pytest.warns(UserWarning),
        pytest.raises(
            ValueError,
            match="one sample. Received: none(.|\n)*\ncat/cut",
        ),
    ):
        data.from_folder(
            tmp_path,
            tasks=[tasks.classification("label", 2)],
            on_fault="skip",
            max_faults=1.0,
        )
