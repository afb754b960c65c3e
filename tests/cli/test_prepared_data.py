"""What commands know of a data set of TFDS before they load it."""

import argparse

import numpy as np
import pytest
import tensorflow_datasets as tfds

from mm_keras import tasks
from mm_keras_cli import data_arguments
from mm_keras_cli import prepared_features
from mm_keras_cli.prepared_data import PreparedData

F = tfds.features


@pytest.fixture
def scenes(tfds_dir):
    return PreparedData("digit_scenes", tfds_dir)


def test_splits_are_those_of_the_data_set(scenes):
    assert scenes.splits == ["train", "validation", "test"]
    assert not scenes.varies
    assert scenes.inputs == ("image",)
    assert PreparedData("imdb_reviews").inputs == ("text",)


def test_the_catalog_says_how_many_classes_there_are(scenes):
    assert scenes.suggest("detection", "digits") == {"num_classes": 10}
    assert scenes.suggest("segmentation", "mask")["num_classes"] == 11
    assert scenes.suggest("regression", "count") == {"units": 1}
    assert scenes.suggest("classification", "digits") == {}
    assert scenes.suggest("detection", "nothing") == {}
    assert "detection:digits" in scenes.default_tasks()


def test_classes_have_the_names_that_tfds_knows(scenes):
    digits = tuple("0123456789")
    assert scenes.class_names(tasks.detection("digits", 10)) == digits
    assert scenes.class_names(tasks.multi_label("present", 10)) == digits
    assert scenes.class_names(tasks.segmentation("mask", 10)) is None
    assert scenes.class_names(tasks.classification("other", 7)) is None
    assert scenes.class_names(tasks.regression("count")) is None


def test_a_share_is_held_out_by_slices(scenes):
    left, held_out = scenes.hold_out("train", 0.1, [], None)
    assert left == {"split": "train[:90%]"}
    assert held_out == {"split": "train[90%:]"}
    with pytest.raises(ValueError, match=r"whole name.*train\[:9\]. Name"):
        scenes.hold_out("train[:9]", 0.1, [], None)


def test_features_of_other_data_sets_say_what_they_are():
    features = F.FeaturesDict(
        {
            "image": F.Image(shape=(None, None, 3)),
            "kind": F.ClassLabel(num_classes=4),
            "tags": F.Sequence(F.ClassLabel(names=["a", "b"])),
            "place": F.BBoxFeature(),
            "objects": F.Sequence(
                {
                    "bbox": F.BBoxFeature(),
                    "label": F.ClassLabel(num_classes=3),
                    "id": F.Scalar(np.int64),
                }
            ),
            "about": {"angle": F.Scalar(np.float32), "title": F.Text()},
            "sizes": F.Tensor(shape=(2,), dtype=np.float32),
            "sound": F.Tensor(shape=(None,), dtype=np.float32),
            "number": F.Scalar(np.int64),
        }
    )
    assert prepared_features.describe(features) == {
        "kind": ("class", {"num_classes": 4}),
        "tags": ("labels", {"num_classes": 2}),
        "place": ("box", {}),
        "objects": ("boxes", {"num_classes": 3}),
        "objects/label": ("labels", {"num_classes": 3}),
        "about/angle": ("number", {"units": 1}),
        "sizes": ("number", {"units": 2}),
    }


class TestUnknownToTheCatalog:
    @pytest.fixture
    def data(self, tmp_path, monkeypatch):
        """A data set with a feature of classes, or without."""

        def make(features):
            builder = tfds.testing.DummyDataset(data_dir=str(tmp_path))
            data = PreparedData("dummy_of_nobody")
            info = tfds.core.DatasetInfo(
                builder=builder, features=F.FeaturesDict(features)
            )
            monkeypatch.setitem(
                data.__dict__, "_builder", type("Builder", (), {"info": info})
            )
            return data

        return make

    def test_tasks_are_those_of_the_features(self, data):
        image = F.Image(shape=(None, None, 3))
        made = data({"image": image, "kind": F.ClassLabel(num_classes=4)})
        assert made.default_tasks() == ["classification:kind"]
        assert made.suggest("classification", "kind") == {"num_classes": 4}
        assert made.varies

    def test_tasks_of_groups_have_names_that_tasks_may_have(self, data):
        kind = F.ClassLabel(num_classes=3)
        boxes = F.Sequence({"bbox": F.BBoxFeature(), "label": kind})
        made = data({"objects": boxes, "about": {"2nd kind": kind}})
        arguments = argparse.Namespace(tasks=None)
        tasks = data_arguments.make_tasks(arguments, made)
        assert {t.name: (t.target.kind, t.target.feature) for t in tasks} == {
            "objects": ("boxes", None),
            "objects_label": ("labels", "objects/label"),
            "about_2nd_kind": ("class", "about/2nd kind"),
        }
        assert all(task.target.num_classes == 3 for task in tasks)

    def test_splits_without_labels_are_left_out(self, data, monkeypatch):
        made = data({"kind": F.ClassLabel(num_classes=2)})
        names = ["train", "unsupervised", "test"]
        monkeypatch.setattr(type(made._builder.info), "splits", names)
        assert made.splits == ["train", "test"]
        assert made.unlabelled == ["unsupervised"]

    def test_labels_that_say_nothing_are_explained(self, data):
        made = data({"id": F.Text()})
        with pytest.raises(ValueError, match="at least one --task.*Write for"):
            made.default_tasks()
