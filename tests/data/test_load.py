import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks
from mm_keras.data import pipeline
from mm_keras.data import views
from mm_keras.data.targets import pad_boxes

SCENE_TASKS = [
    tasks.detection("digits", 10),
    tasks.segmentation("mask", 11),
    tasks.multi_label("present", 10),
    tasks.regression("count"),
]


def load_things(folder, tasks=(), **options):
    options = {"image_size": (4, 4), "shuffle": False, **options}
    return data.load(
        "mm_keras_things", "train", tasks=tasks, data_dir=folder, **options
    )


def test_padding_gives_way_to_a_box_without_area():
    point = [0.5, 0.5, 0.5, 0.5, 1.0]
    boxes = pad_boxes(tf.constant([[-1.0] * 5, point]), 1)
    np.testing.assert_array_equal(boxes, [point])


def by_color(dataset, *, group, name):
    """Rows of a batch by the colour of the image, 10, 20 or 30."""
    batch = next(iter(dataset))
    colors = batch[0]["image"][:, 0, 0, 0].numpy()
    return dict(zip(colors.tolist(), batch[group][name].numpy(), strict=True))


class TestDigitScenes:
    def test_batches_have_fixed_shapes(self, tfds_dir):
        dataset = data.load(
            "digit_scenes",
            "train[:50]",
            tasks=SCENE_TASKS,
            batch_size=16,
            data_dir=tfds_dir,
        )
        inputs, targets, weights = dataset.element_spec
        assert {k: v.shape[1:] for k, v in inputs.items()} == {
            "image": (64, 64, 3)
        }
        assert {k: (v.shape[1:], v.dtype) for k, v in targets.items()} == {
            "digits": ((100, 5), tf.float32),
            "mask": ((64, 64, 1), tf.int32),
            "present": ((10,), tf.float32),
            "count": ((1,), tf.float32),
        }
        assert {k: tuple(v.shape) for k, v in weights.items()} == {
            task.name: (None,) for task in SCENE_TASKS
        }
        assert inputs["image"].dtype == tf.uint8
        assert [len(b[0]["image"]) for b in dataset] == [16, 16, 16, 2]

    def test_labels_agree_with_each_other(self, tfds_dir):
        dataset = data.load(
            "digit_scenes", "test[:64]", tasks=SCENE_TASKS, data_dir=tfds_dir
        )
        for _, targets, weights in dataset.as_numpy_iterator():
            real = targets["digits"][..., 4] >= 0
            np.testing.assert_array_equal(
                real.sum(1, keepdims=True), targets["count"]
            )
            assert np.all(targets["digits"][~real] == -1)
            for row in range(len(real)):
                labels = targets["digits"][row, real[row], 4].astype(int)
                assert set(labels) == set(
                    np.flatnonzero(targets["present"][row])
                )
                seen = set(np.unique(targets["mask"][row])) - {0}
                assert seen == {label + 1 for label in labels}
            assert all(np.all(w == 1) for w in weights.values())

    def test_seed_gives_the_order_and_every_epoch_another(self, tfds_dir):
        def read(seed):
            dataset = data.load(
                "digit_scenes",
                "train[:100]",
                tasks=[tasks.regression("sum")],
                seed=seed,
                data_dir=tfds_dir,
            )
            return [
                np.concatenate([t["sum"][:, 0] for _, t, _ in dataset])
                for _ in range(2)
            ]

        first, again, other = read(1), read(1), read(2)
        np.testing.assert_array_equal(first, again)
        assert np.any(first[0] != first[1]) and np.any(first[0] != other[0])
        np.testing.assert_array_equal(np.sort(first[0]), np.sort(other[1]))

    def test_the_seed_of_keras_gives_the_order_too(self, tfds_dir):
        def read():
            keras.utils.set_random_seed(5)
            dataset = data.load(
                "digit_scenes",
                "train[:100]",
                tasks=[tasks.regression("sum")],
                data_dir=tfds_dir,
            )
            return np.concatenate([t["sum"] for _, t, _ in dataset])

        np.testing.assert_array_equal(read(), read())

    @pytest.mark.parametrize(
        "split, shuffled", [("train[:60]", True), ("test[:60]", False)]
    )
    def test_only_training_data_is_shuffled(self, split, shuffled, tfds_dir):
        def read(**options):
            dataset = data.load(
                "digit_scenes",
                split,
                tasks=[tasks.regression("sum")],
                data_dir=tfds_dir,
                **options,
            )
            return np.concatenate([t["sum"] for _, t, _ in dataset])

        changed = np.any(read(seed=1) != read(shuffle=False))
        assert changed == shuffled

    def test_texts_become_ids(self, tfds_dir):
        text = data.text_vectorization(
            "digit_scenes", "train[:200]", data_dir=tfds_dir
        )
        options = {
            "inputs": ("image", "text"),
            "tasks": [],
            "data_dir": tfds_dir,
        }
        strings, _, _ = next(
            iter(data.load("digit_scenes", "test[:8]", **options))
        )
        ids, _, _ = next(
            iter(data.load("digit_scenes", "test[:8]", text=text, **options))
        )
        assert ids["text"].dtype == tf.int32
        assert ids["text"].shape == (8, 18)
        np.testing.assert_array_equal(ids["text"], text(strings["text"]))
        assert np.all(ids["text"][:, :3] > 1)  # No word is unknown.

    def test_equal_captions_are_pairs(self, tfds_dir):
        dataset = data.load(
            "digit_scenes",
            "train",
            tasks=[tasks.alignment("alignment")],
            inputs=("image", "text"),
            batch_size=500,
            data_dir=tfds_dir,
        )
        texts, ids = [], []
        for inputs, targets, _ in dataset.as_numpy_iterator():
            texts.extend(inputs["text"])
            ids.extend(targets["alignment"].tolist())
        pairs = set(zip(texts, ids, strict=True))
        assert min(ids) >= 0
        assert len(pairs) == len(set(texts)) < len(ids)
        # Two texts share one of 2 ** 24 ids with a chance of 1 in 17 million:
        # 0.24 times expected among all pairs of these.
        assert len(set(texts)) - len(set(ids)) <= 1
        # The loss compares ids in float32, which tells these apart.
        assert max(ids) < 2**24

    def test_without_text_every_row_is_its_own_pair(self, tfds_dir):
        dataset = data.load(
            "digit_scenes",
            "test[:40]",
            tasks=[tasks.alignment("alignment")],
            data_dir=tfds_dir,
        )
        ids = np.concatenate([t["alignment"] for _, t, _ in dataset])
        np.testing.assert_array_equal(ids, np.arange(40))

    def test_without_tasks_everything_is_given_as_it_is(self, tfds_dir):
        dataset = data.load(
            "digit_scenes", "test[:10]", batch_size=4, data_dir=tfds_dir
        )
        batch = next(iter(dataset))
        assert set(batch) == {
            *("image", "digits", "mask", "order", "present"),
            *("count", "sum", "caption", "text"),
        }
        np.testing.assert_array_equal(
            batch["digits"]["label"].row_lengths(), batch["count"][:, 0]
        )


class TestAnyDataSet:
    def test_class_ids(self, things_dir):
        dataset = load_things(things_dir, [tasks.classification("kind", 4)])
        assert by_color(dataset, group=1, name="kind") == {10: 2, 20: 0, 30: 0}
        assert by_color(dataset, group=2, name="kind") == {10: 1, 20: 0, 30: 1}

    def test_numbers(self, things_dir):
        dataset = load_things(things_dir, [tasks.regression("angle")])
        rows = by_color(dataset, group=1, name="angle")
        assert rows == {10: [0.5], 20: [0.0], 30: [-1.0]}
        weights = by_color(dataset, group=2, name="angle")
        assert weights == {10: 1, 20: 0, 30: 1}

    def test_lists_of_class_ids_become_zeros_and_ones(self, things_dir):
        dataset = load_things(things_dir, [tasks.multi_label("tags", 4)])
        rows = by_color(dataset, group=1, name="tags")
        assert rows[10].tolist() == [1, 0, 0, 1]
        assert rows[20].tolist() == [0, 0, 0, 0]
        assert by_color(dataset, group=2, name="tags")[20] == 1

    def test_a_feature_within_a_group_is_named_by_its_path(self, things_dir):
        task = tasks.multi_label("seen", 3, feature="objects/label")
        rows = by_color(load_things(things_dir, [task]), group=1, name="seen")
        assert [rows[c].tolist() for c in (10, 20, 30)] == [
            [1, 1, 1],
            [0, 0, 0],
            [0, 1, 0],
        ]

    def test_one_box(self, things_dir):
        dataset = load_things(things_dir, [tasks.localization("place")])
        rows = by_color(dataset, group=1, name="place")
        assert rows[30].tolist() == [0, 0.5, 0.5, 1]

    def test_of_too_many_boxes_the_largest_stay_in_order(self, things_dir):
        task = tasks.detection("objects", 3, max_boxes=2)
        dataset = load_things(things_dir, [task])
        rows = by_color(dataset, group=1, name="objects")
        assert rows[10].tolist() == [[0.5, 0.5, 1, 1, 2], [0, 0, 1, 1, 1]]
        assert rows[30].tolist() == [[0, 0, 1, 1, 1], [-1] * 5]

    def test_an_image_without_objects_is_labelled(self, things_dir):
        dataset = load_things(things_dir, [tasks.detection("objects", 3)])
        assert np.all(by_color(dataset, group=1, name="objects")[20] == -1)
        assert by_color(dataset, group=2, name="objects")[20] == 1

    def test_images_and_masks_are_resized(self, things_dir):
        task = tasks.segmentation("trimap", 3)
        dataset = load_things(things_dir, [task], image_size=(6, 5))
        inputs, targets, _ = next(iter(dataset))
        assert inputs["image"].shape == (3, 6, 5, 3)
        assert inputs["image"].dtype == tf.uint8
        rows = by_color(dataset, group=1, name="trimap")
        assert rows[10].shape == (6, 5, 1) and np.all(rows[10] == 1)

    def test_varying_sizes_are_explained(self, things_dir):
        with pytest.raises(ValueError, match="'image' expect.*Received.*Pass"):
            load_things(things_dir, [], image_size=None)

    def test_pictures_that_are_only_fed_stay_encoded_till_then(
        self, things_dir, monkeypatch
    ):
        seen = []
        batches = pipeline.batches

        def look(examples, name, **options):
            seen.append(examples.element_spec[0]["image"].dtype)
            return batches(examples, name, **options)

        monkeypatch.setattr(pipeline, "batches", look)
        load_things(things_dir)
        assert seen.pop() == tf.string
        # A task that reads it, or a view that looks at it, needs pixels.
        task = tasks.segmentation("trimap", 3)
        load_things(things_dir, [task])
        assert seen.pop() == tf.string
        with pytest.raises(ValueError, match="'image'.*Received: uint8"):
            load_things(things_dir, [tasks.segmentation("image", 3)])
        monkeypatch.setattr(views, "_VIEWS", dict(views._VIEWS))

        @data.register_view("mm_keras_things")
        def view(example):
            image = example["image"]
            return {"image": image}, {"white": tf.reduce_max(image)}

        seen.clear()
        load_things(things_dir)
        assert seen.pop() == tf.uint8

    def test_a_view_makes_new_inputs_and_labels(self, things_dir, monkeypatch):
        monkeypatch.setattr(views, "_VIEWS", dict(views._VIEWS))

        @data.register_view("mm_keras_things")
        def view(example):
            turned = {"turned": -example["angle"]}
            return {"image": example["image"], "bias": tf.ones((1,))}, turned

        dataset = load_things(
            things_dir, [tasks.regression("turned")], inputs=("image", "bias")
        )
        assert by_color(dataset, group=1, name="turned")[30] == [1.0]
        assert next(iter(dataset))[0]["bias"].shape == (3, 1)

    def test_the_last_small_batch_can_be_dropped(self, things_dir):
        dataset = load_things(things_dir, batch_size=2, drop_remainder=True)
        assert [len(inputs["image"]) for inputs, _, _ in dataset] == [2]

    def test_large_data_is_shuffled_in_part(self, things_dir, monkeypatch):
        from mm_keras.data import memory

        monkeypatch.setattr(memory, "LIMIT", 1)
        dataset = load_things(things_dir, shuffle=True)
        assert len(next(iter(dataset))[0]["image"]) == 3


class TestMistakes:
    def test_unknown_feature(self, tfds_dir):
        with pytest.raises(
            ValueError,
            match=r"'depth' expects the feature 'depth'.*Received.*"
            r"digits/bbox float32 \(None, 4\).*register_view",
        ):
            data.load(
                "digit_scenes",
                "test",
                tasks=[tasks.regression("depth")],
                data_dir=tfds_dir,
            )

    @pytest.mark.parametrize(
        "task",
        [
            tasks.classification("caption", 10),
            tasks.classification("present", 10),
            tasks.classification("digits", 10),
            tasks.multi_label("count", 9),
            tasks.multi_label("caption", 10),
            tasks.regression("image"),
            tasks.regression("caption"),
            tasks.localization("count"),
            tasks.detection("mask", 10),
            tasks.segmentation("present", 10),
            tasks.segmentation("image", 10),
        ],
        ids=lambda task: f"{task.target.kind} {task.name}",
    )
    def test_feature_that_does_not_fit(self, task, tfds_dir):
        with pytest.raises(
            ValueError,
            match=f"{task.name!r} expects the feature.*Received.*Choose",
        ):
            data.load("digit_scenes", "test", tasks=[task], data_dir=tfds_dir)

    def test_augmentation_without_tasks(self, tfds_dir):
        with pytest.raises(ValueError, match="`augment`.*`tasks`.*Received"):
            data.load(
                "digit_scenes",
                "train",
                augment=data.Augmentation(zoom=0.1),
                data_dir=tfds_dir,
            )

    def test_more_classes_than_the_task_has_room_for(self, tfds_dir):
        task = tasks.detection("digits", 5, max_boxes=4)
        with pytest.raises(
            ValueError, match=r"digits.*expects 5 classes.*Received.*10.*Set"
        ):
            data.load("digit_scenes", "test", tasks=[task], data_dir=tfds_dir)

    @pytest.mark.parametrize(
        "task",
        [
            tasks.classification("kind", 3),
            tasks.multi_label("tags", 3),
            tasks.multi_label("seen", 2, feature="objects/label"),
            tasks.detection("objects", 2),
        ],
        ids=lambda task: task.name,
    )
    def test_more_classes_than_the_data_set_declares(self, task, things_dir):
        count = task.target.num_classes + 1
        message = f"{task.name!r} expects {count - 1} c.*'mm_.*Set .*={count}"
        with pytest.raises(ValueError, match=message):
            load_things(things_dir, [task])

    def test_a_view_of_the_user_may_name_them_otherwise(
        self, things_dir, monkeypatch
    ):
        monkeypatch.setattr(views, "_VIEWS", dict(views._VIEWS))

        @data.register_view("mm_keras_things")
        def view(example):
            image = {"image": example["image"]}
            return image, {"sort": example["kind"], "two": example["kind"] % 2}

        load_things(things_dir, [tasks.classification("two", 2)])
        with pytest.raises(ValueError, match="'sort' expects 3 classes"):
            load_things(things_dir, [tasks.classification("sort", 3)])

    @pytest.mark.parametrize("inputs", [("sound",), "image", ("image", "x")])
    def test_unknown_input(self, inputs, tfds_dir):
        with pytest.raises(
            ValueError, match=r"`inputs` expects.*image uint8.*Received.*Choose"
        ):
            data.load("digit_scenes", "test", inputs=inputs, data_dir=tfds_dir)

    def test_unknown_split(self, tfds_dir):
        with pytest.raises(ValueError, match="'trian'.*train.*validation"):
            data.load("digit_scenes", "trian", data_dir=tfds_dir)

    def test_unknown_name(self, tmp_path):
        with pytest.raises(ValueError, match="`name`.*'scenery'.*catalog"):
            data.load("scenery", "train", data_dir=str(tmp_path))

    def test_unknown_version(self, tmp_path):
        with pytest.raises(ValueError, match="version.*'cifar10:9.9.9'.*Leave"):
            data.load("cifar10:9.9.9", "train", data_dir=str(tmp_path))

    def test_files_that_must_be_fetched_by_hand(self, tmp_path):
        with pytest.raises(
            ValueError, match=r"by hand, into ~.*manual: .*ILSVRC2012_img_val"
        ):
            data.load("imagenet2012", "train", data_dir=str(tmp_path))

    def test_data_that_must_be_downloaded_first(self, tmp_path, monkeypatch):
        import socket

        def refuse(*args, **kwargs):
            raise AssertionError("tried the network")

        monkeypatch.setattr(socket, "create_connection", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        start = time.monotonic()
        with pytest.raises(ValueError) as error:
            data.load("cifar10", "train", data_dir=str(tmp_path))
        assert time.monotonic() - start < 10
        message = str(error.value)
        assert f"{tmp_path}/cifar10/3.0.2. Received: no such" in message
        assert "tfds.builder('cifar10').download_and_prepare()" in message
