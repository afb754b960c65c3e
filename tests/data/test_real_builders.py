"""The builders of TFDS itself, run on small files of the real format."""

import functools

import numpy as np
import pytest
import tensorflow as tf
import tfds_files

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks
from mm_keras import zoo

FILES = {
    "cifar10": tfds_files.cifar10,
    "voc/2007": tfds_files.voc2007,
    "coco/2017": tfds_files.coco2017,
    "coco/2017_panoptic": tfds_files.coco2017_panoptic,
    "coco_captions": tfds_files.coco_captions,
    "oxford_iiit_pet": tfds_files.oxford_iiit_pet,
    "nyu_depth_v2": tfds_files.nyu_depth_v2,
}


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Loads what a builder made of small files; each is run once."""

    @functools.cache
    def build(name):
        folder = tmp_path_factory.mktemp(name.replace("/", "_"))
        FILES[name](folder / "files")
        tfds_files.build(name, folder / "files", str(folder / "prepared"))
        return str(folder / "prepared")

    def load_built(name, split, *, written=None, **options):
        options = {"shuffle": False, "batch_size": 8, **options}
        folder = build(name)
        return data.load(written or name, split, data_dir=folder, **options)

    return load_built


def only_batch(dataset):
    (batch,) = dataset.as_numpy_iterator()
    return batch


def rows_by(key, batch, *, group, name):
    """Rows of a target or weight, by an input."""
    keys = batch[0][key].tolist()
    return dict(zip(keys, batch[group][name], strict=True))


class TestCifar10:
    def test_pictures_and_classes_are_those_of_the_file(self, load):
        dataset = load("cifar10", "train", tasks=data.tasks_of("cifar10"))
        inputs, targets, weights = next(dataset.as_numpy_iterator())
        assert inputs["image"].shape == (8, 32, 32, 3)
        assert inputs["image"].dtype == np.uint8
        red, blue = inputs["image"][:, 4, 4, 0], inputs["image"][:, 4, 4, 2]
        label = targets["label"]
        # File i has the red of 10 * i and the classes i and i + 1.
        assert np.all((label == red // 10) | (label == red // 10 + 1))
        assert np.all(blue == 200) and np.all(weights["label"] == 1)
        assert len(list(load("cifar10", "train", tasks=[]))) == 2  # 10 of 8


@pytest.mark.parametrize(
    "name, written", [("cifar10", "cifar10:3.*.*"), ("voc/2007", "voc:5.0.0")]
)
def test_versions_and_defaults_are_those_of_tfds(name, written, load):
    wanted = data.tasks_of(written)[-1:]
    options = {"tasks": wanted, "image_size": (8, 8)}
    found = next(iter(load(name, "train", written=written, **options)))
    expected = next(iter(load(name, "train", **options)))
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


class TestVoc:
    def read(self, load, *features, split="train"):
        return only_batch(
            load(
                "voc/2007",
                split,
                tasks=data.tasks_of("voc/2007", features),
                inputs=("image", "id"),
                image_size=(16, 16),
            )
        )

    def test_boxes_are_relative_and_classes_in_the_order_of_voc(self, load):
        batch = self.read(load, "objects", split="validation")
        boxes = rows_by("id", batch, group=1, name="objects")[b"000005.jpg"]
        # Chairs are class 8; the picture is 40 x 50.
        expected = [
            [1 / 40, 1 / 50, 20 / 40, 20 / 50, 8],
            [10 / 40, 30 / 50, 40 / 40, 50 / 50, 8],
        ]
        np.testing.assert_allclose(boxes[:2], expected, rtol=1e-6)
        assert np.all(boxes[2:] == -1)

    def test_difficult_objects_can_be_left_out(self, load):
        names = ("objects", "objects_no_difficult")
        batch = self.read(load, *names, "labels_no_difficult")
        found = [
            rows_by("id", batch, group=1, name=name)[b"000012.jpg"]
            for name in (*names, "labels_no_difficult")
        ]
        assert [(rows[:, 4] >= 0).sum() for rows in found[:2]] == [2, 1]
        assert np.flatnonzero(found[2]).tolist() == [6]  # car

    def test_classes_and_numbers_follow_from_the_boxes(self, load):
        batch = self.read(load, "labels", "counts", "count")
        key = b"000012.jpg"
        labels = rows_by("id", batch, group=1, name="labels")[key]
        counts = rows_by("id", batch, group=1, name="counts")[key]
        count = rows_by("id", batch, group=1, name="count")[key]
        assert np.flatnonzero(labels).tolist() == [6, 14]  # car, person
        np.testing.assert_array_equal(labels, counts)
        assert count == [2]


class TestCoco:
    def read(self, load, *features, split="train", **options):
        return only_batch(
            load(
                "coco/2017",
                split,
                tasks=data.tasks_of("coco/2017", features),
                image_size=(16, 16),
                **{"inputs": ("image", "id"), **options},
            )
        )

    def test_classes_are_positions_among_the_categories(self, load):
        batch = self.read(load, "objects")
        boxes = rows_by("id", batch, group=1, name="objects")[9]
        # Category 13 is the 12th of the list: its id is 11.
        expected = [
            [5 / 40, 10 / 50, 30 / 40, 40 / 50, 2],
            [0, 0, 20 / 40, 10 / 50, 11],
            [0, 20 / 50, 10 / 40, 30 / 50, 11],
        ]
        np.testing.assert_allclose(boxes[:3], expected, rtol=1e-6)

    def test_crowds_are_there_but_have_no_box_and_no_number(self, load):
        batch = self.read(load, "objects", "labels", "count", "counts")
        boxes = rows_by("id", batch, group=1, name="objects")[25]
        labels = rows_by("id", batch, group=1, name="labels")[25]
        assert boxes[:2, 4].tolist() == [0, -1]
        assert np.flatnonzero(labels).tolist() == [0, 1]
        for name in ("count", "counts"):
            weights = rows_by("id", batch, group=2, name=name)
            assert weights == {9: 1, 25: 0, 30: 1}

    def test_a_picture_without_objects_is_labelled(self, load):
        batch = self.read(load, "objects", "count")
        assert np.all(rows_by("id", batch, group=1, name="objects")[30] == -1)
        assert rows_by("id", batch, group=2, name="objects")[30] == 1
        assert rows_by("id", batch, group=1, name="count")[30] == [0]

    @pytest.mark.parametrize("split", ["test", "train+test[:50%]", "all"])
    def test_a_split_without_labels_is_explained(self, load, split):
        with pytest.raises(ValueError, match="'test'.*never.*'count'.*`tasks="):
            self.read(load, "count", split=split)

    def test_pictures_without_labels_can_be_predicted(self, load):
        inputs, targets, _ = self.read(load, split="test", inputs=("image",))
        assert inputs["image"].shape == (1, 16, 16, 3) and targets == {}


def test_panoptic_pixels_have_the_class_of_their_segment(load):
    batch = only_batch(
        load(
            "coco/2017_panoptic",
            "train",
            tasks=data.tasks_of("coco/2017_panoptic", ["mask", "objects"]),
            image_size=(40, 50),
        )
    )
    mask = batch[1]["mask"][0, :, :, 0]
    # The third of the categories, the 120th, and nothing.
    assert np.all(mask[:20] == 3)
    assert np.all(mask[20:, :25] == 120) and np.all(mask[20:, 25:] == 0)
    # Grass is stuff: it has no box.
    assert batch[1]["objects"][0, :2, 4].tolist() == [2, -1]


class TestCocoCaptions:
    def test_boxes_and_captions_of_a_picture_come_together(self, load):
        batch = only_batch(
            load(
                "coco_captions",
                "train",
                tasks=[
                    *data.tasks_of("coco_captions", ["objects"]),
                    tasks.alignment("match"),
                ],
                inputs=("image", "text", "id"),
                image_size=(16, 16),
            )
        )
        texts = dict(zip(batch[0]["id"], batch[0]["text"], strict=True))
        assert texts == {9: b"a car 0", 25: b"a man 0", 30: b"a sky 0"}
        boxes = rows_by("id", batch, group=1, name="objects")
        numbers = {key: (b[:, 4] >= 0).sum() for key, b in boxes.items()}
        assert numbers == {9: 3, 25: 1, 30: 0}
        assert len(set(batch[1]["match"].tolist())) == 3


class TestOxfordIIITPet:
    def read(self, load, *features, split="train", image_size=(40, 50)):
        return only_batch(
            load(
                "oxford_iiit_pet",
                split,
                tasks=data.tasks_of("oxford_iiit_pet", features),
                image_size=image_size,
            )
        )

    def test_breed_and_species_begin_at_zero(self, load):
        _, targets, _ = self.read(load, "breed", "species")
        pairs = zip(targets["breed"], targets["species"], strict=True)
        assert sorted(pairs) == [(0, 0), (4, 1)]

    def test_only_some_heads_are_drawn(self, load):
        _, targets, weights = self.read(load, "breed", "head")
        heads = dict(zip(targets["breed"], targets["head"], strict=True))
        np.testing.assert_allclose(
            heads[0], [5 / 40, 10 / 50, 25 / 40, 30 / 50], rtol=1e-6
        )
        known = dict(zip(targets["breed"], weights["head"], strict=True))
        assert known == {0: 1, 4: 0}
        assert self.read(load, "head", split="test")[2]["head"] == [0]

    def test_masks_have_a_background_of_zero(self, load):
        _, targets, _ = self.read(load, "mask", "trimap")
        mask, trimap = targets["mask"][0], targets["trimap"][0]
        points = [(0, 0), (20, 20), (11, 20)]  # Outside, inside, border.
        assert [int(mask[p][0]) for p in points] == [0, 1, 255]
        assert [int(trimap[p][0]) for p in points] == [0, 1, 2]


def test_depth_is_unknown_where_it_was_not_measured(load):
    batch = only_batch(
        load(
            "nyu_depth_v2",
            "validation",
            tasks=data.tasks_of("nyu_depth_v2"),
            image_size=(48, 64),
        )
    )
    depth = batch[1]["depth"]
    assert depth.shape == (1, 48, 64, 1) and batch[2]["depth"] == [1]
    assert np.all(np.isnan(depth[:, :24])) and np.all(depth[:, 24:] == 2)


@pytest.mark.parametrize(
    "name, features",
    [
        ("cifar10", ["label"]),
        ("voc/2007", ["objects", "labels"]),
        ("coco/2017", ["labels", "count"]),
        ("oxford_iiit_pet", ["breed", "head"]),
        ("nyu_depth_v2", ["depth"]),
    ],
)
def test_a_small_model_trains_on(name, features, load):
    wanted = data.tasks_of(name, features)
    train = load(name, "train", tasks=wanted, image_size=(32, 32))
    image = encoders.convnet((32, 32, 3), (8, 8), pyramid_channels=8)
    model = models.hard_sharing({"image": image}, wanted)
    before = model.get_weights()
    logs = model.fit(train, verbose=0).history
    assert all(np.isfinite(values[0]) for values in logs.values())
    assert {f"{feature}_loss" for feature in features} <= set(logs)
    after = model.get_weights()
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))


def test_boxes_and_captions_of_two_data_sets_meet_by_the_number(load):
    options = {"image_size": (16, 16)}
    boxes = load(
        "coco/2017",
        "train",
        tasks=data.tasks_of("coco/2017", ["objects"]),
        inputs=("image", "id"),
        **options,
    )
    captions = load(
        "coco_captions", "train", tasks=[], inputs=("text", "id"), **options
    )
    inputs, targets, _ = only_batch(data.pair(boxes, captions, by="id"))
    numbers = (targets["objects"][:, :, 4] >= 0).sum(axis=1)
    found = dict(zip(inputs["text"], numbers, strict=True))
    assert found == {b"a car 0": 3, b"a man 0": 1, b"a sky 0": 0}


def test_one_model_learns_from_two_data_sets_of_different_labels(load):
    objects = data.tasks_of("voc/2007", ["labels", "count"])
    pets = data.tasks_of("oxford_iiit_pet", ["breed", "mask"])

    def both(join, split, pet_split):
        options = {"image_size": (32, 32)}
        of_objects = load("voc/2007", split, tasks=objects, **options)
        of_pets = load("oxford_iiit_pet", pet_split, tasks=pets, **options)
        return join([of_objects, of_pets], tasks=[*objects, *pets])

    image = encoders.convnet((32, 32, 3), (8, 8), pyramid_channels=8)
    model = models.hard_sharing({"image": image}, [*objects, *pets])
    logs = model.fit(
        both(data.mix, "train", "train"),
        validation_data=both(data.chain, "validation", "test"),
        verbose=0,
    ).history
    for task in (*objects, *pets):
        for name in (f"{task.name}_loss", f"val_{task.name}_loss"):
            assert np.isfinite(logs[name]).all() and logs[name][0] > 0


def test_classes_of_cifar10_and_boxes_of_pets_train_one_small_network(load):
    model = zoo.cifar10_cnn(box="head")
    label, head = model.tasks
    photos = load("cifar10", "train", tasks=[label], batch_size=2)
    pets = load(
        "oxford_iiit_pet",
        "train",
        tasks=[head],
        image_size=(32, 32),
        batch_size=2,
    )
    train = data.mix([photos, pets], tasks=model.tasks)
    _, _, weights = next(train.as_numpy_iterator())
    assert weights["label"].tolist() == [1, 0, 1, 0]
    # Of the two pets, one has no head that anybody drew.
    assert weights["head"].sum() == 1 and weights["head"][::2].sum() == 0
    logs = model.fit(train, verbose=0).history
    assert logs["label_loss"][0] > 0 and logs["head_loss"][0] > 0
