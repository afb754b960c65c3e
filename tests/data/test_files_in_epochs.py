"""The order of data in many files that does not fit in memory."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from mm_keras import data
from mm_keras import tasks
from mm_keras.data import memory

COUNT = 60
FILES = 20
NUMBER = tasks.regression("number")
AUGMENT = data.Augmentation(rotation=90, brightness=0.5)


class MmKerasFiles(tfds.core.GeneratorBasedBuilder):
    """Pictures of one grey each, numbered."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, 3)),
            "number": tfds.features.Scalar(np.float32),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for number in range(COUNT):
            image = np.full((4, 6, 3), 4 * number, "uint8")
            yield number, {"image": image, "number": number}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("files"))
    tfds.builder("mm_keras_files", data_dir=folder).download_and_prepare(
        download_config=tfds.download.DownloadConfig(num_shards=FILES)
    )
    return folder


@pytest.fixture(params=["one row", "some rows"])
def room(request, monkeypatch):
    """Memory for some rows only, or for none to be shuffled with."""
    monkeypatch.setattr(memory, "LIMIT", {"one row": 1}.get(request.param, 500))


def load(folder, **options):
    usual = {"tasks": [NUMBER], "image_size": (4, 4), "augment": AUGMENT}
    options = {**usual, "data_dir": folder, "seed": 1, **options}
    return data.load("mm_keras_files", "train", **options)


def read(dataset):
    """All of an epoch: pictures and numbers."""
    batches = list(dataset.as_numpy_iterator())
    images = np.concatenate([inputs["image"] for inputs, _, _ in batches])
    numbers = np.concatenate([labels["number"] for _, labels, _ in batches])
    return images, numbers[:, 0].tolist()


def read_everything(dataset):
    return sum((b["number"].tolist() for b in dataset.as_numpy_iterator()), [])


def test_a_later_start_sees_what_comes_later(folder, room):
    whole = load(folder)
    epochs = [read(whole) for _ in range(4)]
    later = load(folder, first_epoch=2)
    for images, order in epochs[2:]:
        same_images, same_order = read(later)
        assert order == same_order
        np.testing.assert_array_equal(images, same_images)


def test_every_epoch_reads_the_files_in_another_order(folder, room):
    dataset = load(folder)
    orders = [read(dataset)[1] for _ in range(3)]
    assert len(set(map(tuple, orders))) == 3
    assert all(sorted(order) == list(range(COUNT)) for order in orders)
    # More than 16 files are never open at once.
    assert len({frozenset(order[:20]) for order in orders}) == 3


def test_what_is_kept_in_memory_is_read_once_all_the_same(folder, room):
    dataset = load(folder, cache=True)
    first, second = read(dataset)[1], read(dataset)[1]
    assert sorted(first) == sorted(second) == list(range(COUNT))


def test_everything_without_tasks_starts_later_too(folder):
    options = {"tasks": None, "augment": None, "image_size": None}
    whole = load(folder, **options)
    epochs = [read_everything(whole) for _ in range(3)]
    later = load(folder, first_epoch=2, **options)
    assert read_everything(later) == epochs[2] != epochs[1]
    assert sorted(epochs[2]) == list(range(COUNT))
