import numpy as np
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks

IMAGES = np.zeros((3, 4, 4, 3), "uint8")
BOX = [0.1, 0.2, 0.5, 0.6]


def batch(targets, task, **options):
    dataset = data.from_arrays(
        {"image": IMAGES}, targets, tasks=[task], **options
    )
    return next(iter(dataset))


def test_a_batch_is_three_dictionaries():
    inputs, targets, weights = batch(
        {"kind": [1, 0, 2]}, tasks.classification("kind", 3)
    )
    assert inputs["image"].dtype == tf.uint8
    assert targets["kind"].dtype == tf.int32
    assert weights["kind"].dtype == tf.float32
    np.testing.assert_array_equal(targets["kind"], [1, 0, 2])


def test_missing_labels_get_weight_zero():
    _, targets, weights = batch(
        {"kind": [1, -1, 2]}, tasks.classification("kind", 3)
    )
    np.testing.assert_array_equal(targets["kind"], [1, 0, 2])
    np.testing.assert_array_equal(weights["kind"], [1, 0, 1])


def test_given_weights_are_kept_where_there_are_labels():
    _, _, weights = batch(
        {"angle": [0.5, np.nan, 1.0]},
        tasks.regression("angle"),
        sample_weights={"angle": [2.0, 3.0, 0.5]},
    )
    np.testing.assert_array_equal(weights["angle"], [2, 0, 0.5])


def test_a_task_without_labels_has_weight_zero():
    _, targets, weights = batch({}, tasks.detection("things", 2, max_boxes=4))
    assert np.all(targets["things"] == -1)
    assert targets["things"].shape == (3, 4, 5)
    np.testing.assert_array_equal(weights["things"], [0, 0, 0])


def test_lists_of_boxes_are_padded_and_the_largest_kept():
    rows = [
        [[0, 0, 0.1, 0.1, 0], [0, 0, 1, 1, 1], [0, 0, 0.5, 0.5, 1]],
        [],
        [[*BOX, 1]],
    ]
    _, targets, weights = batch(
        {"things": rows}, tasks.detection("things", 2, max_boxes=2)
    )
    np.testing.assert_allclose(
        targets["things"],
        [
            [[0, 0, 1, 1, 1], [0, 0, 0.5, 0.5, 1]],
            [[-1] * 5] * 2,
            [[*BOX, 1], [-1] * 5],
        ],
        rtol=1e-6,
    )
    np.testing.assert_array_equal(weights["things"], [1, 1, 1])


def test_padding_gives_way_to_a_box_without_area():
    point = [0.5, 0.5, 0.5, 0.5, 1]
    _, targets, _ = batch(
        {"things": [[[-1] * 5, point]] * 3},
        tasks.detection("things", 2, max_boxes=1),
    )
    assert np.all(targets["things"] == [[point]])


def test_masks_may_lack_the_last_axis():
    masks = np.ones((3, 4, 4), "uint8")
    _, targets, _ = batch({"mask": masks}, tasks.segmentation("mask", 2))
    assert targets["mask"].shape == (3, 4, 4, 1)
    assert targets["mask"].dtype == tf.int32


def test_depths_may_lack_the_last_axis_and_have_unknown_pixels():
    depths = np.full((3, 4, 4), [1.0, np.nan, 0.0, 2.0])
    depths[1] = np.nan
    _, targets, weights = batch({"far": depths}, tasks.depth("far"))
    assert targets["far"].shape == (3, 4, 4, 1)
    np.testing.assert_array_equal(targets["far"][0, 0, :, 0], [1, np.nan, 0, 2])
    np.testing.assert_array_equal(weights["far"], [1, 0, 1])


def test_lists_of_tags_are_cut_and_padded():
    _, targets, weights = batch(
        {"part": [[2, 0, 1, 1], [], [1, -1]]},
        tasks.tagging("part", 3, max_tokens=3),
    )
    np.testing.assert_array_equal(
        targets["part"], [[2, 0, 1], [-1, -1, -1], [1, -1, -1]]
    )
    np.testing.assert_array_equal(weights["part"], [1, 0, 1])


def test_texts_stay_strings():
    dataset = data.from_arrays(
        {"text": np.array(["a", "b"])},
        {"count": [1, 2]},
        tasks=[tasks.regression("count")],
    )
    assert next(iter(dataset))[0]["text"].numpy().tolist() == [b"a", b"b"]


def test_shuffling_keeps_rows_together_and_changes_with_epochs():
    rows = np.arange(50)
    dataset = data.from_arrays(
        {"x": rows[:, None].astype(float)},
        {"y": rows},
        tasks=[tasks.regression("y")],
        batch_size=50,
        shuffle=True,
        seed=1,
    )
    epochs = []
    for _ in range(2):
        ((inputs, targets, _),) = list(dataset)
        np.testing.assert_array_equal(inputs["x"], targets["y"])
        epochs.append(targets["y"].numpy())
    assert inputs["x"].dtype == tf.float32
    assert np.any(epochs[0] != epochs[1])


def test_a_later_start_sees_what_comes_later():
    def read(epochs, **options):
        dataset = data.from_arrays(
            {"x": np.arange(20.0)[:, None]},
            {},
            tasks=[],
            batch_size=8,
            shuffle=True,
            seed=1,
            **options,
        )
        return [
            np.concatenate([inputs["x"] for inputs, _, _ in dataset])
            for _ in range(epochs)
        ]

    np.testing.assert_array_equal(read(4)[2:], read(2, first_epoch=2))
    assert len(read(1, drop_remainder=True)[0]) == 16


def test_batches_train_a_plain_loss():
    """Nothing that is missing can make a number infinite."""
    _, targets, weights = batch(
        {"angle": [0.5, np.nan, np.nan]}, tasks.regression("angle")
    )
    loss = tf.reduce_sum(targets["angle"][:, 0] * weights["angle"])
    assert float(loss) == 0.5


@pytest.mark.parametrize(
    "task, labels, message",
    [
        (
            tasks.classification("kind", 3),
            [0, 1, 3],
            "'kind' expect class ids from 0 to 2.*Received: 3 in row 2",
        ),
        (tasks.classification("kind", 3), [0, -2, 1], "Received: -2 in row 1"),
        (tasks.classification("kind", 3), [0.5, 0, 1], "0.5 in row 0"),
        (tasks.classification("kind", 3), [0, np.nan, 1], "nan in row 1"),
        (
            tasks.multi_label("tags", 2),
            [[0, 1], [1, 2], [0, 0]],
            r"'tags' expect 0 or 1.*Received: 2 in row 1, position \(1,\)",
        ),
        (tasks.regression("angle"), [0, 1, np.inf], "'angle' .*inf in row 2"),
        (
            tasks.localization("place"),
            [BOX, [0.5, 0.2, 0.4, 0.6], BOX],
            r"'place' expect.*below its minimum.*\[0.5, 0.2, 0.4, 0.6\] in row "
            "1",
        ),
        (
            tasks.localization("place"),
            [BOX, BOX, [10, 20, 50, 60]],
            r"'place' expect coordinates.*\[10.*in row 2.*Divide",
        ),
        (
            tasks.detection("things", 2, max_boxes=1),
            [[[*BOX, 0]], [[*BOX, 0], [0.2, 0.5, 0.3, 0.1, 0]], []],
            r"'things'.*below its minimum.*in row 1, position \(1,\)",
        ),
        (
            tasks.detection("things", 2),
            [[], [[*BOX, 2]], []],
            "'things' expect class ids from 0 to 1 in the fifth.*in row 1",
        ),
        (tasks.detection("things", 2), [[], [BOX], []], r"\(n, 5\).*row 1"),
        (
            tasks.segmentation("mask", 2),
            np.full((3, 4, 4, 1), 255),
            "'mask' expect class ids from 0 to 1.*255 in row 0.*48 such",
        ),
        (tasks.alignment("pair"), [0, -3, 1], "'pair'.*-3 in row 1"),
        (
            tasks.depth("far"),
            np.full((3, 4, 4, 1), -0.5),
            "'far' expect depths above 0.*-0.5 in row 0.*sky",
        ),
        (tasks.depth("far"), np.full((3, 4, 4), np.inf), "'far'.*inf in row"),
        (
            tasks.tagging("part", 3),
            [[0], [1, 3], [2]],
            r"'part' expect class ids from 0 to 2.*3.0 in row 1, position \(1",
        ),
        (tasks.tagging("part", 3), [[0.5], [], []], "'part'.*0.5 in row 0"),
        (
            tasks.tagging("part", 3),
            [0, 1, 2],
            r"'part' expect a list.*\(\) in row 0.*Give",
        ),
        (
            tasks.classification("kind", 3),
            [[0, 0], [1, 0], [2, 0]],
            r"'kind' expect numbers of shape \(3,\).*\(3, 2\).*Target",
        ),
        (tasks.classification("kind", 3), ["a", "b", "c"], "numbers.*<U1"),
        (
            tasks.regression("angle"),
            [0.0, 1.0],
            "same number of rows.*'image'.*3.*'angle'.*2.*Fill",
        ),
    ],
)
def test_impossible_labels_are_explained(task, labels, message):
    with pytest.raises(ValueError, match=message):
        batch({task.name: labels}, task)


def test_ignored_pixels_are_no_mistake():
    masks = np.full((3, 4, 4, 1), 255)
    task = tasks.segmentation("mask", 2, ignore_class=255)
    _, targets, weights = batch({"mask": masks}, task)
    assert np.all(targets["mask"] == 255)
    np.testing.assert_array_equal(weights["mask"], [1, 1, 1])


@pytest.mark.parametrize("argument", ["targets", "sample_weights"])
def test_unknown_names_are_explained(argument):
    given = {"targets": {}, "sample_weights": {}, argument: {"knd": [0, 0, 0]}}
    with pytest.raises(
        ValueError, match=rf"`{argument}` expects.*\['kind'\].*knd.*Rename"
    ):
        batch(
            given["targets"],
            tasks.classification("kind", 3),
            sample_weights=given["sample_weights"],
        )


def test_no_inputs_are_explained():
    with pytest.raises(ValueError, match="`inputs` expects.*Received.*Give"):
        data.from_arrays({}, {}, tasks=[])
