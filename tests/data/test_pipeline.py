"""From encoded pictures and single labels to batches, epoch after epoch."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import mm_keras
from mm_keras import data
from mm_keras import tasks
from mm_keras.data import memory
from mm_keras.data import pipeline
from mm_keras.data import progress

NUMBER = tasks.regression("number")
AUGMENT = data.Augmentation(horizontal_flip=0.5, rotation=20, brightness=0.2)


def picture(height, width, seed=0):
    """A smooth picture: two colour ramps and a bright rectangle."""
    rows = np.linspace(0, 200, height)[:, None, None]
    columns = np.linspace(200, 0, width)[None, :, None]
    image = np.concatenate(
        np.broadcast_arrays(rows, columns, 40.0 * (seed % 6)), axis=-1
    )
    image[height // 4 : height // 2, width // 4 : width // 2] = 255
    return image.astype("uint8")


def jpeg(image):
    return tf.io.encode_jpeg(image, quality=95).numpy()


def examples(count=10, height=32, width=40, encode=jpeg):
    """Encoded pictures, numbered."""
    pictures = [encode(picture(height, width, i)) for i in range(count)]
    numbers = np.arange(count, dtype="float32")
    return tf.data.Dataset.from_tensor_slices(
        ({"image": pictures}, {"number": numbers})
    )


def make(source, **options):
    options = {"tasks": [NUMBER], "pictures": ("image",), **options}
    options = {"batch_size": 4, "image_size": (16, 20), **options}
    return pipeline.batches(source, "numbers", **options)


def read(dataset):
    """All of an epoch: pictures and numbers."""
    batches = list(dataset.as_numpy_iterator())
    images = np.concatenate([inputs["image"] for inputs, _, _ in batches])
    numbers = np.concatenate([labels["number"] for _, labels, _ in batches])
    return images, numbers[:, 0].tolist()


class TestPictures:
    def test_batches_of_encoded_pictures_have_fixed_shapes(self):
        dataset = make(examples())
        inputs, targets, weights = dataset.element_spec
        assert inputs["image"].shape == (None, 16, 20, 3)
        assert inputs["image"].dtype == tf.uint8
        assert targets["number"].shape == (None, 1)
        assert [len(i["image"]) for i, _, _ in dataset] == [4, 4, 2]
        assert int(dataset.cardinality()) == 3

    def test_without_a_last_small_batch_all_sizes_are_fixed(self):
        dataset = make(examples(), drop_remainder=True)
        inputs, _, weights = dataset.element_spec
        assert inputs["image"].shape == (4, 16, 20, 3)
        assert weights["number"].shape == (4,)

    @pytest.mark.parametrize("encode", [jpeg, tf.io.encode_png])
    def test_a_picture_looks_as_it_did(self, encode):
        source = examples(1, 64, 80, encode)
        images, _ = read(make(source))
        expected = tf.image.resize(picture(64, 80), (16, 20), antialias=True)
        differences = np.abs(images[0] - expected.numpy())
        assert differences.mean() < 4

    def test_files_are_read_late(self, tmp_path):
        paths = []
        for number in range(3):
            path = tmp_path / f"{number}.jpg"
            path.write_bytes(jpeg(picture(20, 20, number)))
            paths.append(str(path))
        source = tf.data.Dataset.from_tensor_slices(
            ({"image": paths}, {"number": [0.0, 1.0, 2.0]})
        )
        dataset = make(source, pictures=(), paths=("image",), cache=False)
        first, _ = read(dataset)
        (tmp_path / "1.jpg").write_bytes(jpeg(picture(20, 20, 5)))
        second, _ = read(dataset)
        assert np.any(first[1] != second[1])
        np.testing.assert_array_equal(first[[0, 2]], second[[0, 2]])

    def test_pictures_of_varying_size_need_one_size(self):
        with pytest.raises(
            ValueError, match="'image' expect.*Pass `image_size"
        ):
            make(examples(), image_size=None)

    @pytest.mark.parametrize(
        "size", [224, (224,), (0, 4), (4.0, 4.0), "large", (8, 8, 3)]
    )
    def test_what_is_no_size_is_explained(self, size):
        with pytest.raises(ValueError, match="`image_size`.*Rec.*write"):
            make(examples(), image_size=size)

    def test_what_is_no_picture_says_so(self):
        source = examples(1, encode=lambda image: b"no picture")
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="Unknown image file"
        ):
            read(make(source))


@pytest.mark.parametrize("side", [128, 130, 70])
def test_less_detail_is_read_from_the_same_place(side):
    """A JPEG of which four or two pixels come to one is decoded smaller."""
    source = examples(6, side, side + 32)
    options = {"augment": AUGMENT, "seed": 1, "image_size": (32, 40)}
    reduced, _ = read(make(source, **options))
    whole, _ = read(make(source, cache=True, **options))
    differences = np.abs(reduced.astype("float32") - whole)
    # A shift by half a pixel that is fed would be a difference of 3.
    assert 0 < differences.mean() < 2


class TestKeepingProportions:
    """A picture of 20 x 40 in 40 x 40 lies between rows 10 and 30."""

    FEATURES = {
        "things": {
            "bbox": tf.constant([[0.0, 0.25, 1.0, 0.5]]),
            "label": tf.constant([3]),
        },
        "place": tf.constant([0.5, 0.0, 1.0, 1.0]),
        "thing": {"bbox": tf.constant([0.5, 0.0, 1.0, 1.0])},
        "mask": tf.constant(np.full((20, 40, 1), 2, "uint8")),
        "points": tf.constant([[0.0, 0.0], [1.0, 0.5], [np.nan, np.nan]]),
    }
    TASKS = [
        tasks.detection("things", 5, max_boxes=2),
        tasks.localization("place"),
        tasks.segmentation("mask", 5),
    ]

    def make(self, chosen=None, image=None, size=(40, 40)):
        if image is None:
            image = np.full((20, 40, 3), 200, "uint8")
        source = tf.data.Dataset.from_tensors(({"image": image}, self.FEATURES))
        dataset = pipeline.batches(
            source,
            "wide pictures",
            tasks=chosen or self.TASKS,
            image_size=size,
            keep_aspect=True,
        )
        inputs, targets, _ = next(dataset.as_numpy_iterator())
        return inputs["image"][0], {n: v[0] for n, v in targets.items()}

    def test_the_picture_lies_in_the_middle(self):
        image, _ = self.make()
        assert np.all(image[10:30] == 200)
        assert np.all(image[:10] == 0) and np.all(image[30:] == 0)

    def test_a_higher_one_too(self):
        image = np.full((40, 20, 3), 200, "uint8")
        image, _ = self.make([NUMBER_OF_POINTS], image)
        assert np.all(image[:, 10:30] == 200)
        assert np.all(image[:, :10] == 0) and np.all(image[:, 30:] == 0)

    def test_boxes_go_along(self):
        _, targets = self.make()
        np.testing.assert_allclose(
            targets["things"],
            [[0.25, 0.25, 0.75, 0.5, 3], [-1] * 5],
            atol=1e-6,
        )
        np.testing.assert_allclose(
            targets["place"], [0.5, 0, 0.75, 1], atol=1e-6
        )

    def test_one_box_within_a_group_moves_once(self):
        task = tasks.localization("box", feature="thing/bbox")
        box = self.make([task])[1]["box"]
        np.testing.assert_allclose(box, [0.5, 0, 0.75, 1], atol=1e-6)

    @pytest.mark.parametrize(
        ("given", "augment"),
        [
            ({"text": "a thing"}, None),
            ({"text": "a thing"}, data.Augmentation(shift=0.5)),
            ({"image": np.zeros((40, 60, 3), "float32")}, None),
        ],
    )
    def test_without_a_picture_boxes_stay(self, given, augment):
        """Pictures of real numbers are fed as they are."""
        source = tf.data.Dataset.from_tensors((given, self.FEATURES))
        dataset = pipeline.batches(
            source,
            "boxes",
            tasks=self.TASKS[:2],
            inputs=tuple(given),
            image_size=(40, 60),
            keep_aspect=True,
            augment=augment,
        )
        _, targets, _ = next(dataset.as_numpy_iterator())
        np.testing.assert_allclose(
            targets["things"][0, 0], [0, 0.25, 1, 0.5, 3], atol=1e-6
        )
        np.testing.assert_allclose(targets["place"][0], [0.5, 0, 1, 1])

    def test_masks_are_background_around(self):
        _, targets = self.make()
        mask = targets["mask"][..., 0]
        assert np.all(mask[10:30] == 2)
        assert np.all(mask[:10] == 0) and np.all(mask[30:] == 0)

    @pytest.mark.parametrize("ignored", [255, -1, 4])
    def test_or_what_does_not_count(self, ignored):
        task = tasks.segmentation("mask", 5, ignore_class=ignored)
        mask = self.make([task])[1]["mask"][..., 0]
        assert np.all(mask[10:30] == 2)
        assert np.all(mask[:10] == ignored) and np.all(mask[30:] == ignored)

    def test_points_go_along(self):
        points = self.make([NUMBER_OF_POINTS])[1]["points"]
        np.testing.assert_allclose(
            points, [[0.25, 0], [0.75, 0.5], [np.nan, np.nan]], atol=1e-6
        )

    def test_odd_remainders_agree_with_boxes(self):
        """30 columns of 41 rows: 5.5 rows are free above, or 5 and 6."""
        image, targets = self.make(size=(41, 61))
        rows = np.flatnonzero(image[..., 0].max(axis=1))
        box = targets["things"][0] * [41, 61, 41, 61, 1]
        assert abs(rows.min() - box[0]) < 0.6
        assert abs(rows.max() + 1 - box[2]) < 0.6


NUMBER_OF_POINTS = tasks.Task(
    "points",
    target=tasks.Target("points", (3, 2), filler=0),
    head=keras.layers.Dense(6, dtype="float32"),
    loss="mean_squared_error",
)


class TestEpochs:
    """Twelve epochs are the first five and seven more."""

    def read(self, epochs, **options):
        dataset = make(examples(), shuffle=True, augment=AUGMENT, **options)
        return [read(dataset) for _ in range(epochs)]

    def assert_equal(self, some, others):
        for (images, numbers), (like, order) in zip(some, others, strict=True):
            assert numbers == order
            np.testing.assert_array_equal(images, like)

    def test_every_epoch_has_its_own_order_and_pictures(self):
        epochs = self.read(4, seed=1)
        orders = [tuple(numbers) for _, numbers in epochs]
        assert len(set(orders)) == 4
        assert all(sorted(order) == list(range(10)) for order in orders)
        images = [i[np.argsort(order)] for i, order in epochs]
        assert np.any(images[0] != images[1])

    def test_one_seed_gives_the_same_epochs(self):
        self.assert_equal(self.read(3, seed=1), self.read(3, seed=1))
        assert self.read(1, seed=1)[0][1] != self.read(1, seed=2)[0][1]

    def test_the_seed_of_keras_gives_the_same_epochs(self):
        runs = []
        for _ in range(2):
            keras.utils.set_random_seed(3)
            runs.append(self.read(2))
        self.assert_equal(*runs)

    def test_what_starts_later_sees_what_comes_later(self):
        whole = self.read(5, seed=1)
        self.assert_equal(whole[3:], self.read(2, seed=1, first_epoch=3))

    def test_what_is_kept_in_memory_changes_nothing(self):
        """At full size: else a JPEG is decoded no larger than it is needed,
        which rounds otherwise."""
        options = {"seed": 1, "image_size": (32, 40)}
        kept = self.read(2, cache=True, **options)
        self.assert_equal(kept, self.read(2, cache=False, **options))

    def test_iterators_that_are_not_read_do_not_count(self):
        """Keras makes one too many at the end of each epoch."""
        dataset = make(examples(), shuffle=True, seed=1)
        first = read(dataset)
        iter(dataset), iter(dataset)
        self.assert_equal([first, read(dataset)], self.unaugmented(2))

    def test_repeated_data_goes_through_the_epochs(self):
        dataset = make(examples(), shuffle=True, seed=1).repeat(3)
        numbers = read(dataset)[1]
        expected = [order for _, order in self.unaugmented(3)]
        assert numbers == sum(expected, [])

    def unaugmented(self, epochs):
        dataset = make(examples(), shuffle=True, seed=1)
        return [read(dataset) for _ in range(epochs)]

    def test_augmentation_without_shuffling_keeps_the_order(self):
        dataset = make(examples(), augment=AUGMENT, seed=1)
        (one, order), (other, again) = read(dataset), read(dataset)
        assert order == again == list(range(10))
        assert np.any(one != other)


@keras.saving.register_keras_serializable(package=__name__)
class Sum(keras.layers.Layer):
    """Feeds a picture to a model of vectors."""

    def call(self, image):
        return keras.ops.mean(keras.ops.cast(image, "float32"), (1, 2)) / 255


def network():
    """A network whose weights tell what it was trained on."""
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 20, 3), name="image", dtype="uint8")
    encoder = keras.Model(image, Sum()(image), name="image_encoder")
    return mm_keras.models.hard_sharing(
        {"image": encoder}, [NUMBER], optimizer=keras.optimizers.SGD(0.01)
    )


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path):
    def load(**options):
        return make(
            examples(), shuffle=True, augment=AUGMENT, seed=1, **options
        )

    whole = network()
    whole.fit(load(), epochs=4, verbose=0)
    begun = network()
    begun.fit(load(), epochs=2, verbose=0)
    begun.save(tmp_path / "begun.keras")
    resumed = keras.models.load_model(tmp_path / "begun.keras")
    resumed.fit(load(first_epoch=2), initial_epoch=2, epochs=4, verbose=0)
    for one, other in zip(
        whole.get_weights(), resumed.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)
    elsewhere = keras.models.load_model(tmp_path / "begun.keras")
    elsewhere.fit(load(), initial_epoch=2, epochs=4, verbose=0)
    assert any(
        np.any(np.abs(one - other) > 1e-6)
        for one, other in zip(
            whole.get_weights(), elsewhere.get_weights(), strict=True
        )
    )


class TestMemory:
    def counted(self, count=10):
        """Examples, and a list that grows whenever one is read."""
        seen = []

        def look(number):
            seen.append(int(number))
            return number

        def watch(inputs, features):
            number = features["number"]
            number = tf.numpy_function(look, [number], tf.float32)
            return inputs, {"number": tf.ensure_shape(number, ())}

        return examples(count).map(watch), seen

    @pytest.mark.parametrize("augment", [None, AUGMENT])
    @pytest.mark.parametrize("options", [{"shuffle": True}, {"cache": True}])
    def test_what_fits_is_read_once(self, options, augment):
        source, seen = self.counted()
        dataset = make(source, augment=augment, seed=0, **options)
        seen.clear()
        read(dataset), read(dataset), read(dataset)
        assert sorted(seen) == list(range(10))

    @pytest.mark.parametrize("options", [{}, {"cache": False, "shuffle": True}])
    def test_or_it_is_not_kept(self, options):
        source, seen = self.counted()
        dataset = make(source, seed=0, **options)
        seen.clear()
        read(dataset), read(dataset)
        assert sorted(seen) == sorted(2 * list(range(10)))

    def test_what_does_not_fit_is_read_in_every_epoch(self, monkeypatch):
        monkeypatch.setattr(memory, "LIMIT", 1)
        source, seen = self.counted()
        dataset = make(source, shuffle=True, seed=0)
        seen.clear()
        read(dataset), read(dataset)
        assert sorted(seen) == sorted(2 * list(range(10)))

    def test_the_largest_row_decides(self):
        """One large picture among small ones: others like it may follow."""
        pictures = [b"small"] * 5 + [b"l" * 1000] + [b"small"] * 20
        rows = tf.data.Dataset.from_tensor_slices(pictures)
        assert memory.bytes_per_row(rows) == 1000

    @pytest.mark.parametrize(
        ("limit", "expected"),
        # Decoded: 32 x 40 pixels of 3 bytes; encoded, less than half of it.
        [(10 * 4000, tf.uint8), (10 * 2500, tf.string), (10, None)],
    )
    def test_pictures_stay_decoded_or_encoded_as_memory_allows(
        self, limit, expected, monkeypatch
    ):
        monkeypatch.setattr(memory, "LIMIT", limit)
        kept = []
        monkeypatch.setattr(
            tf.data.Dataset,
            "cache",
            lambda self: (kept.append(self.element_spec), self)[1],
        )
        make(examples(), augment=AUGMENT, shuffle=True, seed=0)
        dtypes = [inputs["image"].dtype for _, inputs, _ in kept]
        assert dtypes == ([] if expected is None else [expected])


def test_long_reading_says_how_far_it_is(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PAUSE", 0)
    dataset = make(examples(100), shuffle=True, seed=0)
    assert capsys.readouterr().out == ""
    read(dataset)
    assert capsys.readouterr().out == (
        "Reading numbers: 32 of 100 ...\n"
        "Reading numbers: 64 of 100 ...\n"
        "Reading numbers: 96 of 100 ...\n"
    )


def test_short_reading_says_nothing(capsys):
    read(make(examples(100), shuffle=True, seed=0))
    assert capsys.readouterr().out == ""
