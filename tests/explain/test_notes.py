"""What is drawn of a batch is what its labels and outputs say."""

import keras
import numpy as np
import pytest

from mm_keras import data
from mm_keras import encoders
from mm_keras import explain
from mm_keras import export
from mm_keras import models
from mm_keras import tasks

BOX = [0.1, 0.2, 0.3, 0.4]
PADDING = [-1.0] * 5


def test_boxes_and_masks_are_drawn_as_they_are():
    rows = np.array([[[*BOX, 3.0], PADDING], [PADDING, PADDING]])
    mask = np.arange(8).reshape(2, 2, 2, 1)
    wanted = [tasks.detection("digits", 10), tasks.segmentation("mask", 9)]
    first, second = explain.truth({"digits": rows, "mask": mask}, wanted)
    np.testing.assert_array_equal(first["boxes"], rows[0, :, :4])
    assert first["classes"].tolist() == [3, -1]
    assert second["classes"].tolist() == [-1, -1]
    np.testing.assert_array_equal(second["mask"], mask[1])
    assert "scores" not in first and "caption" not in first


def test_the_one_box_of_a_picture_has_no_class():
    (note,) = explain.truth(
        {"head": np.array([BOX])}, [tasks.localization("head")]
    )
    np.testing.assert_array_equal(note["box"], [BOX])
    assert list(note) == ["box"]


def test_classes_labels_and_numbers_become_a_line_of_text():
    wanted = [
        tasks.classification("kind", 3),
        tasks.multi_label("present", 3),
        tasks.regression("size", 2),
    ]
    targets = {
        "kind": np.array([2, 0]),
        "present": np.array([[1, 0, 1], [0, 0, 0]]),
        "size": np.array([[2.0, 0.12345], [1234.5, -7.0]]),
    }
    first, second = explain.truth(targets, wanted)
    assert first["caption"] == "kind: 2; present: 0, 2; size: 2, 0.123"
    assert second["caption"] == "kind: 0; present: none; size: 1234, -7"
    named, _ = explain.truth(targets, wanted[:2], names=["cat", "dog", "fox"])
    assert named["caption"] == "kind: fox; present: cat, fox"


def test_what_is_unlabelled_is_not_drawn():
    wanted = [tasks.classification("kind", 3), tasks.localization("head")]
    targets = {"kind": np.array([0, 1]), "head": np.array([BOX, BOX])}
    weights = {"kind": np.array([0.0, 1.0]), "head": np.array([1.0, 0.0])}
    first, second = explain.truth(targets, wanted, sample_weights=weights)
    assert list(first) == ["box"] and list(second) == ["caption"]
    # A batch without a key for a task has no label for it either.
    (note, _) = explain.truth({"head": targets["head"]}, wanted)
    assert list(note) == ["box"]


def test_boxes_of_several_tasks_are_drawn_together():
    wanted = [tasks.detection("cells", 3), tasks.detection("clots", 3)]
    targets = {
        "cells": np.array([[[*BOX, 0.0]]]),
        "clots": np.array([[[*BOX, 2.0], PADDING]]),
    }
    (note,) = explain.truth(targets, wanted)
    assert note["classes"].tolist() == [0, 2, -1]
    assert note["boxes"].shape == (3, 4)


def test_kinds_that_cannot_be_drawn_are_left_out():
    targets = {"match": np.array([0, 1])}
    assert explain.truth(targets, [tasks.alignment("match")]) == [{}, {}]
    assert explain.truth({}, []) == []


@pytest.fixture
def wanted():
    return [
        tasks.detection("digits", 10, max_boxes=4, max_detections=5),
        tasks.segmentation("mask", 11, channels=8),
        tasks.multi_label("present", 10),
        tasks.regression("count"),
        tasks.localization("whole"),
        tasks.classification("kind", 3),
    ]


def test_prediction_draws_what_a_serving_model_says(wanted):
    image = encoders.resnet((1, 1), (32, 32, 3), width=8, stem_stride=2)
    model = models.hard_sharing({"image": image}, wanted)
    serving = export.serving_model(model)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3))
    found = serving.predict({"image": pictures}, verbose=0)
    notes = explain.prediction(found, wanted)
    for i, note in enumerate(notes):
        for part in ("boxes", "scores", "classes"):
            expected = found[f"digits_{part}"][i]
            np.testing.assert_allclose(note[part], expected, rtol=1e-6)
        np.testing.assert_array_equal(note["mask"], found["mask"][i])
        np.testing.assert_array_equal(note["box"], found["whole"][i : i + 1])
        kind = found["kind"][i].argmax()
        assert note["caption"].endswith(f"kind: {kind}")
    figure = explain.gallery(pictures, {"prediction": notes})
    # Five boxes at most, and the one without a label.
    patches = [len(axis.patches) for axis in figure.axes]
    labels = [len(axis.texts) for axis in figure.axes]
    assert patches[:3] == [0] * 3 and labels[:3] == [0] * 3
    assert [p - t for p, t in zip(patches, labels, strict=True)][3:] == [1] * 3


def test_batches_of_a_data_set_are_drawn_in_two_lines(tfds_dir):
    wanted = data.tasks_of("digit_scenes", ["digits", "mask", "present"])
    batches = data.load(
        "digit_scenes",
        "train[:4]",
        tasks=wanted,
        augment=data.Augmentation(rotation=20, shift=0.2),
        data_dir=tfds_dir,
        seed=0,
    )
    inputs, targets, sample_weights = next(iter(batches))
    truth = explain.truth(targets, wanted, sample_weights=sample_weights)
    figure = explain.gallery(inputs["image"], {"truth": truth})
    assert len(figure.axes) == 8
    drawn = sum(len(axis.texts) for axis in figure.axes)
    assert drawn == np.sum(
        keras.ops.convert_to_numpy(targets["digits"])[..., 4] >= 0
    )


def test_long_captions_are_wrapped():
    picture = np.zeros((1, 8, 8, 3), "uint8")
    caption = "labels: " + ", ".join(["traffic light", "person"] * 3)
    figure = explain.gallery(picture, {"truth": [{"caption": caption}]})
    lines = figure.axes[1].get_xlabel().split("\n")
    assert len(lines) == 3 and max(map(len, lines)) <= 36
    assert " ".join(lines) == caption
