import keras
import numpy as np
import own_files
import pytest

from mm_keras import data
from mm_keras import tasks


@pytest.fixture
def folder(tmp_path):
    for value, name in enumerate(["dog/b.jpg", "cat/more/a.png", "cat/z.JPG"]):
        own_files.write_picture(tmp_path / name, 50 + value)
    (tmp_path / ".cache").mkdir()
    own_files.write_picture(tmp_path / ".cache" / "x.jpg")
    (tmp_path / "cat" / "notes.txt").write_text("hello")
    return tmp_path


def load(folder, classes=None, count=2, **options):
    kind = tasks.classification("kind", count, feature="label")
    options = {"image_size": (40, 80), **options}
    return data.from_folder(folder, tasks=[kind], classes=classes, **options)


def test_a_sub_folder_is_a_class(folder):
    dataset = load(folder)
    inputs, targets, _ = next(iter(dataset))
    np.testing.assert_array_equal(targets["kind"], [0, 0, 1])
    np.testing.assert_array_equal(inputs["image"][:, 0, 0, 0], [51, 52, 50])
    assert dataset.class_names == data.class_names(folder) == ("cat", "dog")
    assert dataset.samples == ["cat/more/a.png", "cat/z.JPG", "dog/b.jpg"]


def test_classes_and_files_are_those_of_keras(folder):
    theirs = keras.utils.image_dataset_from_directory(
        folder, shuffle=False, image_size=(40, 80), verbose=False
    )
    images, labels = next(iter(theirs))
    inputs, targets, _ = next(iter(load(folder)))
    grey, kinds = inputs["image"][:, 0, 0, 0].numpy(), targets["kind"].numpy()
    expected = zip(images[:, 0, 0, 0].numpy(), labels.numpy(), strict=True)
    assert set(zip(grey, kinds, strict=True)) == set(expected)
    assert load(folder).class_names == tuple(theirs.class_names)


def test_ids_follow_the_given_classes(folder):
    _, targets, _ = next(iter(load(folder, ["dog", "cat"])))
    np.testing.assert_array_equal(targets["kind"], [1, 1, 0])


def test_a_class_without_a_folder_is_explained(folder):
    with pytest.raises(ValueError, match=r"\['cat', 'dog'\].*lacks \['cow'\]"):
        load(folder, ["cat", "cow"])


def test_a_picture_in_no_class_is_named(folder):
    own_files.write_picture(folder / "stray.jpg")
    with pytest.raises(ValueError, match="stray.jpg  label  is in none of"):
        load(folder)


def test_another_number_of_classes_is_explained(folder):
    with pytest.raises(ValueError, match="'kind' expects num_classes=2"):
        load(folder, count=3)


def test_folders_of_splits_are_not_taken_for_classes(folder, tmp_path_factory):
    above = tmp_path_factory.mktemp("above")
    (above / "Test").mkdir()
    folder.rename(above / "train")
    with pytest.raises(ValueError, match=r"look like splits. Give .*/train,"):
        load(above)
    assert load(above, ["Test", "train"]).class_names == ("Test", "train")
