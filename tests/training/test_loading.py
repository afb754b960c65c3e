"""Wrong files are explained; sound ones come back."""

import pathlib
import zipfile

import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import export
from mm_keras import models
from mm_keras import tasks
from mm_keras.training.loading import load_model

THREE_PARTS = r"expects a `.keras` file.*Received: .*{what}.*\. {advice}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, and the file it was saved to."""
    table = encoders.mlp((4,), units=(8,))
    model = models.hard_sharing({"table": table}, [tasks.regression("price")])
    model.fit({"table": np.ones((2, 4))}, {"price": np.ones((2, 1))}, verbose=0)
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model.save(path)
    return model, path


def explained(what, advice):
    return pytest.raises(
        ValueError, match=THREE_PARTS.format(what=what, advice=advice)
    )


def test_sound_file_comes_back(saved):
    model, path = saved
    x = {"table": np.ones((2, 4))}
    loaded = load_model(str(path))
    np.testing.assert_array_equal(loaded(x)["price"], model(x)["price"])
    assert [task.name for task in loaded.tasks] == ["price"]


def test_absent_file_is_explained(tmp_path):
    with explained("which is no file", "Check the path"):
        load_model(tmp_path / "absent.keras")


def test_folder_is_explained(saved, tmp_path):
    export.to_saved_model(saved[0], tmp_path / "served")
    with explained("which is a folder", "Check.*TFSMLayer"):
        load_model(tmp_path / "served")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x89HDF\r\n\x1a\n"])
def test_file_of_another_kind_is_explained(content, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with explained("which is damaged", "Copy it again"):
        load_model(path)


@pytest.mark.parametrize("part", [0.3, 0.9, 0.999])
def test_file_that_was_cut_off_is_explained(part, saved, tmp_path):
    whole = saved[1].read_bytes()
    path = tmp_path / "model.keras"
    path.write_bytes(whole[: int(part * len(whole))])
    with explained("which is damaged", "Copy it again"):
        load_model(path)


def test_every_file_with_a_flipped_byte_is_refused_or_harmless(saved, tmp_path):
    model, original = saved
    whole = original.read_bytes()
    path = tmp_path / "model.keras"
    x = {"table": np.ones((2, 4))}
    refused = 0
    for position in range(0, len(whole), max(1, len(whole) // 40)):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            found = load_model(path)(x)["price"]
        except ValueError as error:
            assert "expects a `.keras` file" in str(error)
            refused += 1
        else:
            np.testing.assert_array_equal(found, model(x)["price"])
    assert refused > 30


def test_archive_without_a_model_is_explained(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    with explained("an archive without a model", "Check the path"):
        load_model(path)


def test_archive_without_weights_is_explained(saved, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(saved[1]) as whole, zipfile.ZipFile(path, "w") as part:
        for name in ("config.json", "metadata.json"):
            part.writestr(name, whole.read(name))
    with explained("which Keras refuses", "Import the modules"):
        load_model(path)


def test_model_of_another_class_is_explained(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    with explained("which holds a Sequential", "Load it with"):
        load_model(path)


class Unregistered(keras.layers.Layer):
    def call(self, x):
        return x


def test_class_that_nobody_registered_is_explained(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), Unregistered()]).save(path)
    with explained("which Keras refuses", "Import the modules that register"):
        load_model(path)


def test_file_is_left_as_it_was(saved):
    before = saved[1].read_bytes()
    load_model(saved[1])
    assert pathlib.Path(saved[1]).read_bytes() == before


def test_archive_whose_configuration_is_no_json_is_explained(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{")
    with explained("which is damaged", "Copy it again"):
        load_model(path)
