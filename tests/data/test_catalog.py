"""What the catalog says is what TFDS has, by the schemas of its builders."""

import pathlib
import socket
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks
from mm_keras.data import catalog
from mm_keras.data import preparing
from mm_keras.data import reading
from mm_keras.data import views

NAMES = sorted(catalog.ENTRIES)
DOCUMENT = pathlib.Path(data.__file__).parents[2] / "docs" / "data_sets.md"


class Possible:
    """A builder with made-up values, made possible: lists of one length."""

    def __init__(self, builder):
        self.builder = builder
        self.info = builder.info

    def as_dataset(self, **options):
        return self.builder.as_dataset(**options).map(possible)


def possible(example):
    lists = {
        k: v
        for k, v in example.items()
        if isinstance(v, dict) or v.shape.as_list() == [None]
    }
    cut = {k: v for k, v in lists.items() if not isinstance(v, dict)}
    cut = same_length(cut)
    for name, group in lists.items():
        if isinstance(group, dict):
            cut[name] = same_length(group)
    return {**example, **cut}


def same_length(lists):
    if any(v.shape.rank == 0 for v in lists.values()) or not lists:
        return lists
    length = tf.reduce_min([tf.shape(v)[0] for v in lists.values()])
    cut = {k: v[:length] for k, v in lists.items()}
    if "bbox" in cut:
        corners = tf.reshape(cut["bbox"], (-1, 2, 2))
        cut["bbox"] = tf.reshape(tf.sort(corners, axis=1), (-1, 4))
    return cut


@pytest.fixture
def made_up(monkeypatch):
    """Data sets with the schema of TFDS and values that are made up."""

    def find_builder(name, data_dir=None):
        preparing.register()
        return Possible(tfds.builder(name, try_gcs=False))

    monkeypatch.setattr(preparing, "find_builder", find_builder)
    # Mocks of TFDS have no encoded pictures.
    monkeypatch.setattr(reading, "handed_on", lambda *arguments: {})
    with tfds.testing.mock_data(num_examples=3):
        yield


def load(name, **options):
    options = {"batch_size": 3, "image_size": (16, 16), **options}
    return data.load(name, "train", **options)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_offered_is_what_there_is(name, made_up):
    offered, wanted = data.offers(name), data.tasks_of(name)
    inputs = tuple(offered.inputs)
    everything = load(name, tasks=None, inputs=inputs).element_spec
    assert {*offered.inputs, *offered.features} <= set(everything)
    batches = load(name, tasks=wanted, inputs=inputs)
    inputs, targets, weights = next(batches.as_numpy_iterator())
    assert set(inputs) == set(offered.inputs)
    for task in wanted:
        labels = targets[task.name]
        assert labels.dtype == task.target.dtype and len(labels) == 3
        assert weights[task.name].shape == (3,)
        # Pixels of made-up masks are of any class, to be mapped by the view.
        if task.target.num_classes and name != "digit_scenes":
            check_classes(labels, task)


def check_classes(labels, task):
    if task.target.kind == "labels":
        assert labels.shape[1:] == (task.target.num_classes,)
        assert set(np.unique(labels)) <= {0, 1}
        return
    if task.target.kind == "boxes":
        labels = labels[..., 4]
    if task.target.kind == "mask":
        labels = labels[labels != task.make_loss().ignore_class]
    assert np.all((labels >= -1) & (labels < task.target.num_classes))


def learn_words(tokens):
    """One id for each word between spaces: a tag belongs to each."""
    words = keras.layers.TextVectorization(
        max_tokens=50, output_sequence_length=tokens, standardize="lower"
    )
    words.adapt(["a few words"])
    return words


@pytest.mark.parametrize(
    "name, inputs, features",
    [
        ("celeb_a", ["image"], ["attributes"]),
        ("coco_captions", ["image", "text"], ["labels", "count"]),
        ("imdb_reviews", ["text"], ["label"]),
        ("spoken_digit", ["audio"], ["label", "speaker"]),
        ("universal_dependencies/en_ewt", ["text"], ["upos", "length"]),
    ],
)
def test_a_small_model_trains_on(name, inputs, features, made_up):
    wanted = data.tasks_of(name, features)
    if len(inputs) > 1:
        wanted.append(tasks.alignment("match", inputs))
    tokens = next((t.target.shape[0] for t in wanted if t.name == "upos"), 8)
    batches = load(
        name, tasks=wanted, inputs=tuple(inputs), text=learn_words(tokens)
    )
    known = {
        "image": encoders.convnet((16, 16, 3), (4, 8)),
        "text": encoders.lstm(50, tokens, units=4, embedding_dim=4),
        "audio": encoders.mlp((8000,), units=(4,)),
    }
    model = models.hard_sharing({key: known[key] for key in inputs}, wanted)
    before = model.get_weights()
    logs = model.fit(batches, verbose=0).history
    for task in wanted:
        assert np.isfinite(logs[f"{task.name}_loss"][0])
    after = model.get_weights()
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))


def declared_classes(name, *path):
    """Number of classes that TFDS declares for a feature."""
    feature = tfds.builder(name, try_gcs=False).info.features
    for part in path:
        feature = feature[part]
    return feature.num_classes


@pytest.mark.parametrize(
    "name, feature, path",
    [
        ("cifar10", "label", ["label"]),
        ("cifar100", "label", ["label"]),
        ("cifar100", "coarse_label", ["coarse_label"]),
        ("mnist", "label", ["label"]),
        ("fashion_mnist", "label", ["label"]),
        ("oxford_iiit_pet", "breed", ["label"]),
        ("oxford_iiit_pet", "species", ["species"]),
        ("coco/2017", "objects", ["objects", "label"]),
        ("coco_captions", "labels", ["objects", "label"]),
        ("voc/2012", "counts", ["objects", "label"]),
        ("spoken_digit", "label", ["label"]),
        ("imdb_reviews", "label", ["label"]),
        ("digit_scenes", "digits", ["digits", "label"]),
    ],
)
def test_numbers_of_classes_are_those_of_tfds(name, feature, path):
    preparing.register()
    offered = data.offers(name).features[feature]
    assert offered.size == declared_classes(name, *path)


def test_the_last_part_of_speech_is_none():
    preparing.register()
    names = tfds.builder("universal_dependencies/en_ewt").info.features["upos"]
    assert names.names[17:] == ["_"]
    assert data.offers("universal_dependencies").features["upos"].size == 17


class TestViews:
    def view(self, name, example):
        example = tf.nest.map_structure(tf.constant, example)
        inputs, features = views.find_view(name)(example)
        return tf.nest.map_structure(lambda t: t.numpy(), (inputs, features))

    def test_attributes_of_faces_are_in_the_order_of_tfds(self):
        preparing.register()
        features = tfds.builder("celeb_a", try_gcs=False).info.features
        names = list(features["attributes"])
        assert len(names) == 40
        true = {"Smiling", "Young"}
        points = {
            f"{p}_{axis}": 10 * i + (axis == "x")
            for i, p in enumerate(catalog.pictures.FACE_POINTS)
            for axis in "yx"
        }
        assert set(points) == set(features["landmarks"])
        _, found = self.view(
            "celeb_a",
            {
                "image": 0,
                "attributes": {name: name in true for name in names},
                "landmarks": points,
                "identity": {"Identity_No": 10_177},
            },
        )
        assert {names[i] for i in np.flatnonzero(found["attributes"])} == true
        np.testing.assert_allclose(
            found["landmarks"] * [218, 178],
            [[0, 1], [10, 11], [20, 21], [30, 31], [40, 41]],
            rtol=1e-6,
        )
        assert found["identity"] == 10_176

    @pytest.mark.parametrize("samples", [3, 8000, 9000])
    def test_sounds_take_one_second(self, samples):
        inputs, features = self.view(
            "spoken_digit",
            {
                "audio": np.full(samples, -(2**14), "int64"),
                "label": 7,
                "audio/filename": "7_theo_32.wav",
            },
        )
        kept = min(samples, 8000)
        np.testing.assert_array_equal(
            inputs["audio"], [-0.5] * kept + [0] * (8000 - kept)
        )
        assert features["label"] == 7
        assert catalog.sequences.SPEAKERS[features["speaker"]] == "theo"

    def test_an_unknown_speaker_is_no_label(self):
        example = {"audio": [1, 2], "label": 7, "audio/filename": "7_me_1.wav"}
        _, features = self.view("spoken_digit", example)
        assert features["speaker"] == -1

    def test_every_token_is_one_word(self):
        inputs, features = self.view(
            "universal_dependencies/en_ewt",
            {
                "tokens": np.array(["I", "don't", "do", "n't", "10 000", "."]),
                "upos": np.array([10, 17, 3, 9, 8, 12]),
            },
        )
        assert inputs["text"] == b"I do n't 10_000 ."
        assert features["upos"].tolist() == [10, 3, 9, 8, 12]
        assert features["length"].tolist() == [5.0]

    def test_reviews_have_no_marks_of_lines(self):
        example = {"text": "good<br /><br />film", "label": 1}
        inputs, _ = self.view("imdb_reviews", example)
        assert inputs["text"] == b"good  film"

    def test_older_versions_lack_what_came_later(self):
        mask = np.array([[[1], [2], [3]]], "uint8")
        old = {"image": 0, "label": 3, "species": 1, "segmentation_mask": mask}
        assert "head" not in self.view("oxford_iiit_pet:3.2.0", old)[1]


class TestTags:
    """Tags stay with their tokens on the way to ids."""

    def load(self, text):
        return load(
            "universal_dependencies/en_ewt",
            tasks=[tasks.tagging("upos", 17, max_tokens=6)],
            inputs=("text",),
            text=text,
        )

    def vectorization(self, **options):
        import keras

        options = {"output_sequence_length": 6, **options}
        return keras.layers.TextVectorization(vocabulary=["a", "b"], **options)

    @pytest.mark.parametrize("standardize", [None, "lower"])
    def test_there_are_as_many_ids_as_tags(self, standardize, made_up):
        text = self.vectorization(standardize=standardize)
        inputs, targets, _ = next(self.load(text).as_numpy_iterator())
        assert inputs["text"].shape == targets["upos"].shape == (3, 6)
        np.testing.assert_array_equal(inputs["text"] > 0, targets["upos"] >= 0)

    @pytest.mark.parametrize(
        "options",
        [{}, {"split": "character", "standardize": None}, {"ngrams": 2}],
    )
    def test_other_ids_are_explained(self, options, made_up):
        with pytest.raises(ValueError, match=r"\['upos'\].*Received.*lower"):
            self.load(self.vectorization(**options))


@pytest.mark.parametrize("feature", ["objects/label", "labels"])
def test_more_classes_than_the_task_has_room_for(feature):
    task = tasks.multi_label("seen", 20, feature=feature)
    view = views.find_view("coco/2017")
    with pytest.raises(ValueError, match="'seen' expects 20 .*Rec.*80.*Set"):
        catalog.check_classes("coco/2017", view, [task])


class TestNames:
    @pytest.mark.parametrize(
        "name, found",
        [
            ("voc", "voc/2007"),
            ("voc/2012", "voc/2012"),
            ("voc/2012:5.0.0", "voc/2012"),
            ("coco:1.1.0", "coco/2014"),
            ("coco/2017_panoptic", "coco/2017_panoptic"),
            ("imdb_reviews/plain_text", "imdb_reviews"),
            ("universal_dependencies/de_gsd", "universal_dependencies/en_ewt"),
        ],
    )
    def test_versions_and_configurations_are_known(self, name, found):
        assert data.offers(name).name == found
        assert views.find_view(name) is not views.everything

    def test_unknown_name_is_explained(self):
        with pytest.raises(ValueError, match="catalog: .*cifar10.*Rec.*'cifr'"):
            data.offers("cifr")

    def test_unknown_feature_is_explained(self):
        with pytest.raises(ValueError, match=r"\['label', 'spea.*\['who'\]"):
            data.tasks_of("spoken_digit", ["who"])

    def test_texts_are_no_task(self):
        assert "captions" in data.offers("coco_captions").features
        with pytest.raises(ValueError, match="`features`.*captions"):
            data.tasks_of("coco_captions", ["captions"])

    def test_ignored_pixels_are_known(self):
        (task,) = data.tasks_of("oxford_iiit_pet", ["mask"])
        assert task.make_loss().ignore_class == 255


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_on_disk_is_explained_in_seconds(
    name, tmp_path, monkeypatch
):
    def refuse(*args, **kwargs):
        raise AssertionError("tried the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    if name in preparing.EMBEDDED:
        return
    start = time.monotonic()
    with pytest.raises(ValueError) as error:
        data.load(name, "train", data_dir=str(tmp_path))
    assert time.monotonic() - start < 10
    message = str(error.value)
    assert f"{tmp_path}/{name}/" in message
    assert "download_and_prepare()" in message and repr(name) in message


def test_the_document_lists_the_catalog():
    """Written anew with `str` of each entry, in the order of the names."""
    tables = [f"```\n{catalog.ENTRIES[name]}\n```" for name in NAMES]
    assert DOCUMENT.read_text().endswith("\n\n".join(tables) + "\n")
