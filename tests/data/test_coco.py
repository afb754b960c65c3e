import json

import hypothesis
import numpy as np
import own_files
import pytest
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from mm_keras import data
from mm_keras import tasks
from mm_keras.data.files import coco
from mm_keras.data.files import coco_json

CATEGORIES = {7: "person", 3: "zebra"}  # Ids 0 and 1: zebra, person.
SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]


def thing(id_, image, category, bbox, **more):
    return own_files.coco_object(id_, image, category, bbox, **more)


def write(folder, annotations, images=(1, 2), **options):
    images = [own_files.coco_image(id_) for id_ in images]
    return own_files.write_coco(
        folder, images, annotations, CATEGORIES, **options
    )


def load(paths, *names, **options):
    options = {"image_size": (40, 80), **options}
    return data.from_coco(*paths, tasks=list(names), **options)


def batch(paths, *names, **options):
    return next(iter(load(paths, *names, **options)))


def numbers():
    return [
        tasks.detection("objects", 2, max_boxes=2),
        tasks.multi_label("labels", 2),
        tasks.regression("counts", 2),
        tasks.regression("count"),
    ]


@pytest.fixture
def paths(tmp_path):
    return write(
        tmp_path,
        [
            thing(1, 1, 7, [20, 10, 40, 20]),
            thing(2, 1, 3, [0, 0, 80, 40]),
            thing(3, 2, 3, [40, 20, 40, 20]),
        ],
    )


def test_a_json_becomes_batches(paths):
    inputs, targets, weights = batch(paths, *numbers())
    assert inputs["image"].shape == (2, 40, 80, 3)
    np.testing.assert_allclose(
        targets["objects"],
        [
            [[10 / 40, 20 / 80, 30 / 40, 60 / 80, 1], [0, 0, 1, 1, 0]],
            [[0.5, 0.5, 1, 1, 0], [-1] * 5],
        ],
    )
    np.testing.assert_array_equal(targets["labels"], [[1, 1], [1, 0]])
    np.testing.assert_array_equal(targets["counts"], [[1, 1], [1, 0]])
    np.testing.assert_array_equal(targets["count"], [[2], [1]])
    assert all(np.all(weight == 1) for weight in weights.values())


def test_classes_have_the_order_of_their_categories(paths):
    dataset = load(paths)
    assert dataset.class_names == ("zebra", "person")
    assert data.class_names(paths[0]) == dataset.class_names
    assert dataset.samples == ["1.jpg", "2.jpg"]


def test_a_crowd_is_present_but_not_counted(tmp_path):
    crowd = thing(2, 1, 3, [0, 0, 80, 40], iscrowd=1)
    paths = write(tmp_path, [thing(1, 1, 7, [0, 0, 8, 8]), crowd])
    _, targets, weights = batch(paths, *numbers())
    np.testing.assert_array_equal(targets["labels"][0], [1, 1])
    np.testing.assert_array_equal(targets["objects"][0, :, 4], [1, -1])
    np.testing.assert_array_equal(weights["counts"], [0, 1])
    np.testing.assert_array_equal(weights["count"], [0, 1])
    np.testing.assert_array_equal(weights["objects"], [1, 1])


def outlines(polygons):
    """One outline in the three forms of COCO's masks, and its pixels."""
    lengths = coco_mask.merge(coco_mask.frPyObjects(polygons, 40, 80))
    pixels = coco_mask.decode(lengths)
    column_wise = pixels.T.ravel()
    edges = np.flatnonzero(np.diff([0, *column_wise, 0]))
    ends = [0, *edges, len(column_wise)]
    compressed = {"size": [40, 80], "counts": lengths["counts"].decode()}
    plain = {"size": [40, 80], "counts": np.diff(ends).tolist()}
    return {"polygons": polygons, "compressed": compressed, "plain": plain}, (
        pixels
    )


@pytest.mark.parametrize("form", ["polygons", "compressed", "plain"])
def test_outlines_become_the_mask_of_pycocotools(tmp_path, form):
    star = [5.5, 3.2, 60.1, 20.7, 12.0, 38.9, 33.3, 1.0]
    forms, pixels = outlines([star, [70, 0, 80, 0, 80, 9]])
    paths = write(
        tmp_path,
        [thing(1, 1, 7, [0, 0, 80, 40], segmentation=forms[form])],
        images=[1],
    )
    _, targets, _ = batch(paths, tasks.segmentation("mask", 3))
    np.testing.assert_array_equal(targets["mask"][0, ..., 0], 2 * pixels)


def test_smaller_objects_lie_on_larger_ones(tmp_path):
    everywhere = [[0, 0, 80, 0, 80, 40, 0, 40]]
    paths = write(
        tmp_path,
        [
            thing(1, 1, 3, [10, 10, 20, 20], segmentation=[SQUARE]),
            thing(2, 1, 7, [0, 0, 80, 40], segmentation=everywhere),
        ],
    )
    _, targets, weights = batch(paths, tasks.segmentation("mask", 3))
    mask = targets["mask"][0, ..., 0]
    assert mask[20, 20] == 1 and mask[5, 5] == 2 and mask[20, 60] == 2
    assert np.sum(mask == 1) == 20 * 20
    assert np.all(targets["mask"][1] == 0)  # Nobody is there.
    np.testing.assert_array_equal(weights["mask"], [1, 1])


def test_a_crowd_is_in_the_mask(tmp_path):
    lengths = {"size": [40, 80], "counts": [0, 40 * 80]}
    crowd = thing(1, 1, 7, [0, 0, 80, 40], iscrowd=1, segmentation=lengths)
    paths = write(tmp_path, [crowd], images=[1])
    _, targets, _ = batch(paths, tasks.segmentation("mask", 3))
    assert np.all(targets["mask"] == 2)


@pytest.mark.parametrize(
    "shape",
    [
        None,
        [],
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, 6, 7]],
        {"size": [80, 40], "counts": [0, 3200]},
        {"size": [40, 80], "counts": [0, 3199]},
        {"size": [40, 80], "counts": [3210, -10]},
        {"size": [40, 80], "counts": [1600.5, 1599.5]},
        {"size": [40, 80], "counts": ["a"]},
        {"size": [40, 80], "counts": "zzzzz"},
        {"size": [40, 80], "counts": "\u00e9"},
        [[1, 1, float("nan"), 1, 5, 5, 1, 5]],
        [[1, 1, 1e9, 1, 5, 5, 1, 5]],
        [[1, 1, 83, 1, 5, 5, 1, 5]],
        [[1, 1, 5, 1, 5, 43, 1, 5]],
        [[1, -3, 5, 1, 5, 5, 1, 5]],
    ],
)
def test_a_broken_outline_costs_the_picture_if_a_task_has_masks(
    tmp_path, shape
):
    paths = write(tmp_path, [thing(5, 1, 7, [0, 0, 8, 8], segmentation=shape)])
    assert load(paths, tasks.multi_label("labels", 2)).faults == []
    with pytest.warns(UserWarning, match="1.jpg   mask .*object 5 .person."):
        dataset = load(
            paths,
            tasks.segmentation("mask", 3),
            on_fault="skip",
            max_faults=1,
        )
    assert dataset.samples == ["2.jpg"]


def caption(image, text):
    return {"id": 90 + image, "image_id": image, "caption": text}


def test_captions_of_another_file_join_the_same_pictures(paths, tmp_path):
    more = write(
        tmp_path / "captions",
        [caption(2, "a zebra"), caption(1, "two"), caption(1, "again")],
        pictures=False,
    )
    inputs, targets, _ = batch(
        ([paths[0], more[0]], paths[1]),
        tasks.regression("count"),
        inputs=("image", "text"),
    )
    assert inputs["text"].numpy().tolist() == [b"two", b"a zebra"]
    np.testing.assert_array_equal(targets["count"], [[2], [1]])


def test_equal_ids_of_two_files_are_one_picture(paths, tmp_path):
    other = own_files.write_coco(
        tmp_path / "other", [own_files.coco_image(1, "9.jpg")], [], {}
    )
    with pytest.raises(ValueError, match="9.jpg .*the id 1, which is 1.jpg in"):
        load(([paths[0], other[0]], paths[1]))


def test_a_picture_without_a_caption_is_a_fault_if_texts_are_fed(tmp_path):
    paths = write(tmp_path, [caption(1, "a zebra")])
    assert load(paths).samples == ["1.jpg", "2.jpg"]
    with pytest.raises(ValueError, match="2.jpg   text   has no caption"):
        load(paths, inputs=("image", "text"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "which is no JSON"),
        ("[]", "with no dictionary"),
        ('{"images": []}', r"with \['images'\]"),
    ],
)
def test_a_file_of_another_format_is_explained(tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        load((path, tmp_path))


def test_another_number_of_classes_is_explained(paths):
    with pytest.raises(ValueError, match="expects num_classes=3 .with the ba"):
        load(paths, tasks.segmentation("mask", 2))


def test_records_that_lack_a_part_are_named(paths):
    content = json.loads(paths[0].read_text())
    content["images"] += [{"id": 9}, "x", own_files.coco_image(1, "3.jpg")]
    content["annotations"] += [{"id": 5}, thing(6, 77, 3, [0, 0, 9, 9])]
    content["annotations"] += [thing(7, 1, 3, [0, 0, 9])]
    content["categories"] += [{"id": 8}]
    paths[0].write_text(json.dumps(content))
    with pytest.warns(UserWarning):
        dataset = load(paths, on_fault="skip", max_faults=10)
    found = {fault.sample: fault.problem for fault in dataset.faults}
    assert list(found) == [
        "images[2]",
        "images[3]",
        "3.jpg",
        "categories[2]",
        "image_id None",
        "image_id 77",
        "1.jpg",
    ]
    assert found["3.jpg"] == "images[4] has its id or its name again"
    assert found["1.jpg"] == "object 7 (zebra): the box is not four numbers"
    assert dataset.samples == ["1.jpg", "2.jpg"]


def test_parts_of_a_wrong_type_are_named(paths):
    content = json.loads(paths[0].read_text())
    content["images"] += [{"id": [1], "file_name": "x.jpg"}]
    content["images"] += [{"id": 9, "file_name": 9}]
    content["annotations"] += [thing(5, [1], 3, [0, 0, 9, 9])]
    content["annotations"] += [thing(6, 1, [3], [0, 0, 9, 9])]
    content["annotations"] += [caption(2, None), caption(1, "two")]
    content["categories"] += [{"id": [8], "name": "cow"}]
    content["categories"] += [{"id": "8", "name": None}]
    paths[0].write_text(json.dumps(content))
    with pytest.warns(UserWarning):
        dataset = load(
            paths, inputs=("image", "text"), on_fault="skip", max_faults=10
        )
    assert {fault.sample: fault.problem for fault in dataset.faults} == {
        "x.jpg": "expects an `id` (a number or a text) and a `file_name`",
        "9": "expects an `id` (a number or a text) and a `file_name`",
        "categories[2]": "expects an `id` (a number or a text) and a `name`",
        "categories[3]": "expects an `id` (a number or a text) and a `name`",
        "image_id [1]": "annotations[3] has a picture not in `images`",
        "2.jpg": "has captions that are no texts: [None]",
        "1.jpg": "object 6 (category_id [3]): the class is none of "
        "['zebra', 'person']",
    }
    assert dataset.samples == ["1.jpg"]


numbers_of_json = st.integers() | st.floats()
anything = st.lists(numbers_of_json, min_size=4, max_size=4) | st.recursive(
    st.none() | st.booleans() | numbers_of_json | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
PARTS = {
    "images": ["id", "file_name", "height", "width"],
    "annotations": ["image_id", "category_id", "bbox", "segmentation"],
    "categories": ["id", "name"],
}


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    place=st.sampled_from([(p, k) for p, keys in PARTS.items() for k in keys]),
    value=anything,
)
def test_whatever_a_part_holds_nothing_else_is_raised(
    place, value, tmp_path_factory
):
    part, key = place
    folder = tmp_path_factory.mktemp("any")
    square = thing(1, 1, 7, [10, 10, 20, 20], segmentation=[SQUARE])
    paths = write(folder, [square], images=[1])
    content = json.loads(paths[0].read_text())
    content[part][0][key] = value
    paths[0].write_text(json.dumps(content))
    found = data.Faults()
    read = coco_json.read(paths[0], found)
    coco.read_coco(
        read,
        paths[1],
        read.class_names(),
        found,
        with_captions=False,
        with_masks=True,
    )


def test_augmentation_moves_boxes_and_masks_of_files(tmp_path):
    square = thing(1, 1, 7, [10, 10, 20, 20], segmentation=[SQUARE])
    paths = write(tmp_path, [square], images=[1])
    _, targets, _ = batch(
        paths,
        tasks.detection("objects", 2, max_boxes=1),
        tasks.segmentation("mask", 3),
        augment=data.Augmentation(horizontal_flip=1.0),
    )
    expected = [10 / 40, 1 - 30 / 80, 30 / 40, 1 - 10 / 80, 1]
    np.testing.assert_allclose(targets["objects"][0, 0], expected, rtol=1e-6)
    rows, columns = np.nonzero(targets["mask"][0, ..., 0])
    assert (rows.min(), rows.max()) == (10, 29)
    assert (columns.min(), columns.max()) == (50, 69)
