"""Every fault that `validate` looks for, planted and found."""

import json

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from sklearn import datasets
from sklearn import neighbors

from mm_keras import data
from mm_keras import tasks
from mm_keras.data.validation import near_copies
from mm_keras.data.validation.shares import largest_difference
from mm_keras.data.validation.shares import Share

ROWS = 6
BOX = [0.1, 0.2, 0.5, 0.6]
NAN = np.nan
TASKS = [
    tasks.classification("kind", 3),
    tasks.multi_label("tags", 2),
    tasks.regression("angle"),
    tasks.localization("place"),
    tasks.detection("things", 3, max_boxes=3),
    tasks.segmentation("mask", 3, ignore_class=255),
    tasks.alignment("match"),
]


def pictures(seed=0, rows=ROWS, dtype="uint8"):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (rows, 16, 16, 3)).astype(dtype)


def clean(seed=0):
    """A batch without any fault, of every kind of target."""
    things = np.full((ROWS, 3, 5), -1.0, "float32")
    things[1:, 0] = [*BOX, 1]
    things[2:, 1] = [0.0, 0.0, 1.0, 1.0, 0]
    masks = np.zeros((ROWS, 16, 16, 1), "int32")
    masks[:, 3:5, 3:5] = 2
    masks[:, 0, 0] = 255
    inputs = {"image": pictures(seed), "text": np.array(["a thing"] * ROWS)}
    targets = {
        "kind": np.arange(ROWS) % 3,
        "tags": np.array([[0, 1], [1, 1]] * 3, "float32"),
        "angle": np.linspace(-1, 1, ROWS)[:, None].astype("float32"),
        "place": np.tile(np.float32(BOX), (ROWS, 1)),
        "things": things,
        "mask": masks,
        "match": np.arange(ROWS),
    }
    weights = {name: np.ones(ROWS, "float32") for name in targets}
    return inputs, targets, weights


def found(dataset, tasks=TASKS):
    """What a report says: triples of sample, field and problem."""
    report = data.validate(dataset, tasks)
    assert report.ok == (not report.faults)
    return [(f.sample, f.field, f.problem) for f in report.faults]


def with_target(task, row, value, place=()):
    inputs, targets, weights = clean()
    values = targets[task].astype("float64")
    values[(row, *place)] = value
    return [(inputs, {**targets, task: values}, weights)]


def with_inputs(**inputs):
    return [(inputs, *clean()[1:])]


class TestClean:
    def test_arrays(self):
        assert found([clean(0), clean(1)]) == []

    def test_two_splits_without_weights(self):
        splits = {s: [clean(i)[:2]] for i, s in enumerate(("train", "test"))}
        assert found(splits) == []

    def test_the_embedded_data_set(self, tfds_dir):
        scenes = [
            tasks.detection("digits", 10),
            tasks.segmentation("mask", 11),
            tasks.multi_label("present", 10),
            tasks.regression("count"),
        ]
        splits = {
            split: data.load(
                "digit_scenes",
                f"{split}[:100]",
                tasks=scenes,
                inputs=("image", "text"),
                shuffle=False,
                data_dir=tfds_dir,
            )
            for split in ("train", "validation", "test")
        }
        report = data.validate(splits, scenes)
        assert report.ok, report
        assert report.samples == dict.fromkeys(splits, 100)

    def test_missing_labels_that_weigh_nothing(self):
        inputs, targets, weights = clean()
        targets = {
            **targets,
            "kind": np.full(ROWS, -1),
            "angle": np.full((ROWS, 1), NAN),
        }
        weights = {**weights, "kind": np.zeros(ROWS), "angle": np.zeros(ROWS)}
        faults = found([(inputs, targets, weights), clean(1)])
        assert faults == []

    def test_an_absent_modality_is_no_fault(self):
        inputs, targets, weights = clean()
        image = inputs["image"].astype("float32")
        image[:3], image[0] = 0.0, NAN
        present = np.float32([0, 0, 0, 1, 1, 1])
        inputs = {"image": image, "image_present": present}
        assert found([(inputs, targets, weights)]) == []


@pytest.mark.parametrize(
    "task, row, value, place, problem",
    [
        ("kind", 4, 3, (), "expected class ids from 0 to 2, or -1 where "
         "unlabelled, received 3.0"),
        ("kind", 4, -2, (), "received -2.0"),
        ("kind", 4, 0.5, (), "received 0.5"),
        ("kind", 4, -1, (), "the label is missing, but its weight is not 0"),
        ("match", 1, -2, (), "expected whole ids, or -1"),
        ("tags", 2, 2, (1,), "expected 0 or 1 for every class"),
        ("tags", 2, NAN, (1,), "the label is missing"),
        ("angle", 3, np.inf, (0,), "expected finite numbers.*received inf"),
        ("angle", 3, NAN, (0,), "the label is missing"),
        ("place", 0, [10, 20, 50, 60], (), "0 to 1, received .10.0, 20.0"),
        ("place", 0, [0.5, 0.2, 0.4, 0.6], (), "no maximum below its minimum"),
        ("place", 0, [0.5, 0.2, 0.5, 0.6], (), "expected boxes with an area"),
        ("place", 0, NAN, (), "the label is missing"),
        ("things", 5, [*BOX, 3], (1,), "ids from 0 to 2 in the fifth column"),
        ("things", 5, [*BOX, -1], (1,), "ids from 0 to 2 in the fifth column"),
        ("things", 5, [0.1, 0.1, 0.1, 0.2, 0], (1,), "boxes with an area"),
        ("things", 5, [0.2, 0.1, 0.1, 0.2, 0], (1,), "below its minimum"),
        ("things", 5, [-0.1, 0.1, 0.3, 0.2, 0], (1,), "0 to 1, received .-0.1"),
        ("things", 5, [*np.float32(BOX), 1], (1,), "expected each box once, "),
        ("things", 5, [NAN] * 5, (1,), "the label is missing"),
        ("mask", 2, 3, (7, 7), "from 0 to 2.*pixels of 255, received 3.0"),
        ("mask", 2, -1, (), "the label is missing"),
    ],
)  # fmt: skip
def test_label_that_is_wrong_is_found(task, row, value, place, problem):
    import re

    ((sample, field, text),) = found(with_target(task, row, value, place))
    assert (sample, field) == (f"data[{row}]", task)
    assert re.search(problem, text)


def test_labels_of_weight_zero_are_not_looked_at():
    ((inputs, targets, weights),) = with_target("kind", 4, 17)
    weights["kind"][4] = 0
    assert found([(inputs, targets, weights)]) == []


def test_more_of_the_same_in_one_sample_is_one_fault():
    _, targets, _ = clean()
    boxes = np.array([[*BOX, 7], [0, 0, 1, 1, 8], [0, 0, 0.5, 1, 9]])
    ((_, _, text),) = found(with_target("things", 3, boxes))
    assert text.endswith("and 2 more")


@pytest.mark.parametrize("weight", [-1.0, NAN, np.inf])
def test_impossible_weight(weight):
    inputs, targets, weights = clean()
    weights["angle"][2] = weight
    text = f"expected a weight of at least 0, received {weight:g}"
    assert found([(inputs, targets, weights)]) == [("data[2]", "angle", text)]


def test_sample_without_a_label_for_any_task():
    inputs, targets, weights = clean()
    for weight in weights.values():
        weight[5] = 0
    assert found([(inputs, targets, weights)]) == [
        ("data[5]", "labels", "has no label for any of the tasks")
    ]


def test_task_without_labels_in_one_split():
    inputs, targets, weights = clean(1)
    del targets["angle"]
    splits = {"train": [clean(0)], "test": [(inputs, targets, weights)]}
    assert found(splits) == [
        ("test", "angle", "no sample of the split has a label")
    ]


@pytest.mark.parametrize(
    "values",
    [np.zeros((ROWS, 2)), np.array(["a"] * ROWS), np.zeros((ROWS, 1, 1))],
    ids=["width", "text", "rank"],
)
def test_labels_of_another_form_are_told_once(values):
    inputs, targets, weights = clean()
    batches = [
        (
            {**inputs, "image": pictures(i)},
            {**targets, "angle": values},
            weights,
        )
        for i in range(3)
    ]
    ((sample, field, text),) = found(batches)
    assert (sample, field) == ("data", "angle")
    assert text.startswith("expected numbers of shape (1,), received ")


def test_mask_of_another_size_than_the_picture_is_told_once():
    inputs, targets, weights = clean()
    batches = [
        (
            {**inputs, "image": pictures(i)},
            {**targets, "mask": targets["mask"][:, :8]},
            weights,
        )
        for i in range(2)
    ]
    assert found(batches) == [
        (
            "data",
            "mask",
            "expected the size of the picture, (16, 16), received (8, 16)",
        )
    ]


class TestInputs:
    def test_values_that_are_not_finite(self):
        image = pictures(dtype="float32")
        image[3, 0, 0], image[4, 0, 0, 0] = NAN, np.inf
        assert found(with_inputs(image=image)) == [
            ("data[3]", "image", "3 of 768 values are NaN or infinite"),
            ("data[4]", "image", "1 of 768 values are NaN or infinite"),
        ]

    def test_picture_of_one_colour(self):
        image = pictures()
        image[2] = 7
        image[3, :8] = 7  # Half of it is.
        assert found(with_inputs(image=image)) == [
            ("data[2]", "image", "all 768 values are 7")
        ]

    def test_two_empty_pictures_are_not_called_copies(self):
        image = pictures()
        image[[2, 4]] = 0
        assert [place for place, *_ in found(with_inputs(image=image))] == [
            "data[2]",
            "data[4]",
        ]

    @pytest.mark.parametrize(
        ("shift", "said"), [(-128, "from -128 to 127"), (1, "from 1 to 256")]
    )
    def test_picture_out_of_range(self, shift, said):
        image = pictures(dtype="float32")
        image[1, 0, 0, :2] = 0, 255
        image[1] += shift
        assert found(with_inputs(image=image)) == [
            (
                "data[1]",
                "image",
                f"expected values in 0-255, received values {said}",
            )
        ]

    def test_pictures_between_zero_and_one(self):
        image = pictures(dtype="float32") / 255
        ((sample, field, text),) = found(with_inputs(image=image))
        assert (sample, field) == ("data", "image")
        assert text.startswith("no value is above 1; encoders expect pictures")

    def test_column_that_never_changes(self):
        table = np.arange(ROWS * 3.0).reshape(ROWS, 3)
        table[:, 1] = 4
        splits = {s: with_inputs(table=table) for s in ("train", "test")}
        assert found(splits) == [
            ("train", "table", "columns [1] have one value throughout")
        ]

    def test_many_columns_that_never_change_are_not_all_named(self):
        table = np.zeros((ROWS, 20)) + np.arange(20.0)
        ((*_, text),) = found(with_inputs(table=table))
        assert text == (
            "columns [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] and more have one value "
            "throughout"
        )

    def test_padding_of_texts_and_sounds_is_no_column(self):
        words = np.zeros((ROWS, 8), "int32")
        words[:, 0] = np.arange(ROWS)
        sound = np.zeros((ROWS, 1001))
        sound[:, 0] = 1 + np.arange(ROWS)
        assert found(with_inputs(words=words)) == []
        assert found(with_inputs(sound=sound)) == []

    @pytest.mark.parametrize("other", [3, 5])
    def test_column_that_differs_between_splits_is_fine(self, other):
        first, second = np.arange(ROWS * 4.0).reshape(2, ROWS, 2)
        first[:, 1], second[:, 1] = 4, other
        splits = {
            "a": with_inputs(table=first),
            "b": with_inputs(table=second),
        }
        assert found(splits) == []

    @pytest.mark.parametrize(
        "image, problem",
        [
            (pictures(1, dtype="float32"), "is float32 .*, but uint8"),
            (pictures(1)[:, :8], r"shape \(8, 16, 3\), but .* \(16, 16, 3\)"),
            (pictures(1)[..., :1], r"shape \(16, 16, 1\), but"),
        ],
    )
    def test_another_form_in_another_split(self, image, problem):
        import re

        splits = {
            "a": with_inputs(image=pictures()),
            "b": with_inputs(image=image),
        }
        faults = found(splits, tasks=TASKS[:1])
        ((sample, field, text),) = faults
        assert (sample, field) == ("b", "image")
        assert re.search(problem, text) and text.endswith("in 'a'")

    def test_modality_that_a_split_lacks(self):
        splits = {
            "a": with_inputs(image=pictures(), x=np.arange(ROWS)),
            "b": with_inputs(image=pictures(1)),
        }
        assert found(splits) == [("b", "x", "is missing, but there in 'a'")]

    def test_sizes_that_vary_within_a_split_are_fine(self):
        def one(size):
            return with_inputs(image=pictures(size)[:, :size])[0]

        splits = {"a": [one(16), one(15)], "b": [one(14), one(13)]}
        assert found(splits, tasks=TASKS[:1]) == []

    def test_split_without_samples(self):
        splits = {"train": [clean()], "test": []}
        assert found(splits) == [("test", "data", "there are no samples")]


class TestCopies:
    def test_sample_that_comes_twice(self):
        image = pictures()
        image[4] = image[1]
        inputs, targets, weights = clean()
        for values in targets.values():
            values[4] = values[1]
        inputs["image"] = image
        assert found([(inputs, targets, weights)]) == [
            ("data[4]", "image, text", "the same inputs as in data[1]")
        ]

    def test_sample_that_comes_twice_with_other_labels(self):
        inputs, targets, weights = clean()
        inputs["image"][4] = inputs["image"][1]
        ((_, _, text),) = found([(inputs, targets, weights)])
        assert text == "the same inputs as in data[1], but other labels"

    def test_picture_with_two_captions_is_no_copy(self):
        inputs, targets, weights = clean()
        inputs["image"][4] = inputs["image"][1]
        inputs["text"] = np.array([f"caption {i}" for i in range(ROWS)])
        assert found([(inputs, targets, weights)]) == []

    def test_picture_that_leaked_into_another_split(self):
        """Even with another caption: what is trained on is tested on."""
        inputs, targets, weights = clean(1)
        inputs["image"][5] = pictures(0)[2]
        inputs["text"] = np.array([f"caption {i}" for i in range(ROWS)])
        splits = {"train": [clean(0)], "test": [(inputs, targets, weights)]}
        assert found(splits) == [
            ("test[5]", "image", "is also in another split, as train[2]")
        ]

    def test_leaked_picture_that_comes_twice_is_told_as_a_leak(self):
        second = pictures(1)
        second[[1, 3]] = pictures(0)[2]
        splits = {
            "train": [({"image": pictures(0)}, {})],
            "test": [({"image": second}, {})],
        }
        text = "is also in another split, as train[2]"
        assert found(splits, tasks=[]) == [
            ("test[1]", "image", text),
            ("test[3]", "image", text),
        ]

    @pytest.mark.parametrize(
        "text, copies", [("short", []), ("long " * 60, ["data[1]"])]
    )
    def test_only_long_texts_are_compared(self, text, copies):
        texts = np.array([text] * 2 + ["another"])
        batch = {"text": texts}, {"kind": np.arange(3)}
        assert [f[0] for f in found([batch], TASKS[:1])] == copies

    def test_sounds_are_compared(self):
        sound = np.random.default_rng(0).normal(size=(3, 100))
        sound[2] = sound[0]
        batch = {"sound": sound}, {"kind": np.arange(3)}
        assert [f[0] for f in found([batch], TASKS[:1])] == ["data[2]"]

    @hypothesis.given(
        source=st.integers(0, 19),
        copy=st.integers(0, 19),
        batch_size=st.integers(1, 9),
    )
    @hypothesis.settings(max_examples=25, deadline=None)
    def test_copies_are_found_wherever_they_are(self, source, copy, batch_size):
        hypothesis.assume(source != copy)
        image = pictures(rows=20)
        image[copy] = image[source]
        dataset = [
            ({"image": image[i : i + batch_size]}, {})
            for i in range(0, 20, batch_size)
        ]
        first, second = sorted((source, copy))
        ((sample, _, text),) = found(dataset, tasks=[])
        assert sample == f"data[{second}]"
        assert text.startswith(f"the same inputs as in data[{first}]")


def photographs():
    """Pieces of real photographs, 160 x 160 pixels."""
    return np.stack(
        [
            photograph[top : top + 160, left : left + 160]
            for photograph in datasets.load_sample_images().images
            for top, left in ((0, 0), (150, 200), (260, 450))
        ]
    )


def saved_again(pictures, quality):
    files = [tf.io.encode_jpeg(p, quality=quality) for p in pictures]
    return np.stack([tf.io.decode_jpeg(file) for file in files])


class TestNearCopies:
    def test_a_fixed_camera_needs_little_memory(self, monkeypatch):
        held = []

        class Tree(neighbors.KDTree):
            def query_radius(self, *arguments):
                found = super().query_radius(*arguments)
                held.append(sum(map(len, found)))
                return found

        monkeypatch.setattr(neighbors, "KDTree", Tree)
        rng = np.random.default_rng(0)
        small = rng.uniform(0, 1, (2000, near_copies.CELLS**2))
        pairs = list(near_copies.find_pairs(small.astype("float32")))
        assert pairs == [(row, 0) for row in range(1, 2000)]
        assert sum(held) == 2000**2  # All are alike,
        assert max(held) < 2000**2 / 10  # but not looked up at once.

    def compare(self, first, second):
        """What is found in a picture of the second of two splits."""
        splits = {
            "train": [({"image": first}, {})],
            "test": [({"image": second}, {})],
        }
        return found(splits, tasks=[])

    @pytest.mark.parametrize("quality", [95, 75, 50])
    def test_picture_that_was_saved_once_more(self, quality):
        first = photographs()
        copies = saved_again(first[[4, 1]], quality)
        assert np.any(copies != first[[4, 1]])
        assert self.compare(first, copies) == [
            ("test[0]", "image", "looks like one in another split, train[4]"),
            ("test[1]", "image", "looks like one in another split, train[1]"),
        ]

    def test_picture_that_was_enlarged_and_brought_back(self):
        large = tf.image.resize(photographs(), (320, 320))
        back = tf.image.resize(large, (160, 160), antialias=True)
        faults = self.compare(photographs(), np.round(back).astype("uint8"))
        assert [sample for sample, *_ in faults] == [
            f"test[{row}]" for row in range(6)
        ]

    def test_equal_pictures_are_told_once(self):
        ((*_, text),) = self.compare(photographs(), photographs()[:1])
        assert text == "is also in another split, as train[0]"

    def test_pictures_of_one_split_may_be_alike(self):
        first = photographs()
        both = np.concatenate([first, saved_again(first, 75)])
        assert found([({"image": both}, {})], tasks=[]) == []

    def test_another_piece_of_the_photograph_is_no_copy(self):
        first = photographs()
        assert self.compare(first[:, :, :150], first[:, :, 10:]) == []

    def test_pale_and_small_pictures_are_not_compared(self):
        pale = (100 + photographs() // 32).astype("uint8")
        assert self.compare(pale, saved_again(pale, 75)) == []
        small = photographs()[:, :127]
        assert self.compare(small, saved_again(small, 75)) == []


class TestReport:
    def faulty(self):
        inputs, targets, weights = clean(1)
        targets["kind"][[1, 3]] = 9
        targets["angle"][3] = np.inf
        inputs["image"][5] = pictures(0)[0]
        splits = {"train": [clean(0)], "test": [(inputs, targets, weights)]}
        return data.validate(splits, TASKS)

    def test_the_text_has_a_line_for_each_fault_and_kind(self):
        text = str(self.faulty())
        assert text.startswith("train: 6 samples, test: 6 samples\n")
        lines = [line.split() for line in text.splitlines()]
        assert "test[3]  angle  expected finite numbers" in text
        assert ["kind", "class", "0", "2"] in lines
        assert ["image", "leak", "0", "1"] in lines
        assert text.endswith("4 faults in 3 samples or splits.")

    def test_a_clean_report_says_so(self):
        text = str(data.validate([clean()], TASKS))
        assert text.endswith("No faults.")

    def test_a_few_of_each_kind_are_shown_and_the_rest_is_counted(self):
        inputs = {"x": np.repeat(np.arange(100.0)[:, None], 80, axis=1)}
        targets = {"kind": np.full(100, 9), "angle": np.full((100, 1), np.inf)}
        text = str(data.validate([(inputs, targets)], [TASKS[0], TASKS[2]]))
        assert text.count("received 9") == text.count("received inf") == 5
        assert "all 80 values are 4" in text
        assert "... and 285 more, in `faults`" in text
        assert "300 faults in 100 samples" in text

    def test_the_worst_come_first(self):
        assert self.faulty().worst() == [("test", 3), ("test", 1), ("test", 5)]
        assert self.faulty().worst(1) == [("test", 3)]

    def test_json_has_all_of_it(self):
        report = self.faulty()
        read = json.loads(report.to_json())
        assert read == report.to_dict()
        assert not read["ok"]
        assert read["samples"] == {"train": 6, "test": 6}
        assert len(read["faults"]) == 4
        assert read["faults"][0] == {
            "split": "test",
            "row": 1,
            "sample": "test[1]",
            "field": "kind",
            "rule": "class",
            "problem": "expected class ids from 0 to 2, or -1 where unlabelled,"
            " received 9.0",
        }
        assert read["labels"]["kind"]["test"] == {
            "samples": 6,
            "labelled": 6,
            "classes": [1, 1, 2],  # Two are of class 9.
        }

    def test_classes_are_counted_by_task_and_split(self):
        report = data.validate([clean()], TASKS)
        counts = {
            t: by["data"].classes.tolist() for t, by in report.counts.items()
        }
        assert counts == {
            "kind": [2, 2, 2],
            "tags": [3, 6],
            "angle": [],
            "place": [],
            "things": [4, 5, 0],
            "mask": [6, 0, 6],
            "match": [],
        }
        lines = [line.split() for line in str(report).splitlines()]
        things = ["things", "data", "6", "2", "of", "3"]
        assert [*things, "2:", "0.0%", "1:", "83.3%"] in lines

    def test_unlabelled_rows_do_not_count(self):
        inputs, targets, weights = clean()
        weights["kind"][:2] = 0
        report = data.validate([(inputs, targets, weights)], TASKS[:1])
        share = report.counts["kind"]["data"]
        assert (share.samples, share.labelled) == (6, 4)
        assert share.classes.tolist() == [1, 1, 2]
        assert share.shares.tolist() == [0.25, 0.25, 0.5]

    def test_where_splits_differ_most_is_told(self):
        kind = np.array([0, 0, 0, 1, 1, 2])
        splits = {"a": [clean()], "b": [(clean(1)[0], {"kind": kind})]}
        text = str(data.validate(splits, TASKS[:1]))
        # Class 0: 2 of 6 and 3 of 6; class 2: 2 of 6 and 1 of 6.
        assert (
            "kind: class 0 differs most between splits, 50.0% of b and 33.3% of"
            in text
        )

    def test_the_largest_difference_is_between_any_two_splits(self):
        def share(labelled, *classes):
            return Share(10, labelled, np.array(classes))

        splits = {
            "a": share(10, 5, 5),
            "b": share(4, 1, 3),
            "c": share(0, 0, 0),
        }
        assert largest_difference(splits) == (0.25, 0, "a", "b")
        assert largest_difference({"a": share(10, 5, 5)}) is None


class TestDataSets:
    def test_files_name_the_samples(self):
        inputs, targets, weights = clean()
        targets["kind"][2] = 9
        dataset = tf.data.Dataset.from_tensor_slices((inputs, targets, weights))
        dataset = dataset.batch(4)
        dataset.samples = [f"photos/{i}.jpg" for i in range(ROWS)]
        ((sample, *_),) = found({"train": dataset})
        assert sample == "train[2] photos/2.jpg"

    def test_files_that_were_left_out_are_listed(self):
        dataset = tf.data.Dataset.from_tensors(clean())
        dataset.faults = data.Faults()
        dataset.faults.add("photos/7.jpg", "image", "is corrupt")
        assert found(dataset) == [("photos/7.jpg", "image", "is corrupt")]

    def test_what_cannot_be_read_is_a_fault(self):
        def read(i):
            image = tf.io.decode_jpeg(tf.where(i < 2, jpeg, b"broken"))
            return {
                "image": tf.reshape(image, (1, 16, 16, 3)) + tf.cast(i, "uint8")
            }

        jpeg = tf.io.encode_jpeg(pictures()[0])
        dataset = tf.data.Dataset.range(4).map(lambda i: (read(i), {}))
        ((sample, field, text),) = found(dataset, tasks=[])
        assert (sample, field) == ("data", "data")
        assert text.startswith("cannot be read after 2 samples: ")
        assert "jpeg" in text.lower() and "{{" not in text

    def test_a_bar_shows_the_progress(self, capsys):
        data.validate([clean(), clean(1)], TASKS, verbose=1)
        assert "2/2" in capsys.readouterr().out
        data.validate([clean(), clean(1)], TASKS)
        assert not capsys.readouterr().out

    def test_names_that_do_not_fit_are_not_used(self):
        inputs, targets, weights = clean()
        targets["kind"][2] = 9
        dataset = tf.data.Dataset.from_tensors((inputs, targets, weights))
        dataset.samples = ["1.jpg", "2.jpg"]
        ((sample, *_),) = found(dataset)
        assert sample == "data[2]"

    def test_a_data_set_that_is_shuffled(self):
        dataset = tf.data.Dataset.from_tensor_slices(clean())
        dataset = dataset.shuffle(ROWS, seed=1).batch(ROWS)
        with pytest.raises(
            ValueError, match="'train' expects.*Received.*'image'.*shuffle=F"
        ):
            data.validate({"train": dataset}, TASKS)

    def test_a_data_set_that_never_ends(self):
        dataset = tf.data.Dataset.from_tensors(clean()).repeat()
        with pytest.raises(ValueError, match="ends. Received.*before `repeat"):
            data.validate(dataset, TASKS)

    @pytest.mark.parametrize(
        "batch, received",
        [
            ({"image": pictures()}, "Received: dict in split 'data'"),
            ((pictures(), np.arange(ROWS)), r"Received: \(ndarray, ndarray\)"),
            (({}, {}), "at least one input. Received: none"),
            (
                ({"text": tf.ragged.constant([[1], [1, 2]])}, {}),
                "of one shape. Received: a ragged",
            ),
        ],
    )
    def test_batches_of_another_form(self, batch, received):
        with pytest.raises(ValueError, match=f"Validation expects.*{received}"):
            data.validate([batch], TASKS)
