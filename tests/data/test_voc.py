import numpy as np
import own_files
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks

SCENES = {
    "a": [("dog", 10, 20, 30, 60), ("cat", 0, 0, 40, 80)],
    "b": [("cat", 20, 40, 40, 80), ("cat", 0, 0, 20, 40)],
    "c": [],
}


def pet_tasks(classes=2):
    return [
        tasks.detection("objects", classes, max_boxes=3),
        tasks.multi_label("labels", classes),
        tasks.regression("counts", classes),
        tasks.regression("count"),
    ]


@pytest.fixture
def folder(tmp_path):
    return own_files.write_voc(tmp_path / "pets", SCENES)


def load(folder, split=None, tasks=None, **options):
    tasks = pet_tasks() if tasks is None else tasks
    options = {"image_size": (40, 80), **options}
    return data.from_voc(folder, split, tasks=tasks, **options)


def batch(*args, **options):
    return next(iter(load(*args, **options)))


def test_a_folder_becomes_batches(folder):
    inputs, targets, weights = batch(folder)
    assert inputs["image"].shape == (3, 40, 80, 3)
    assert inputs["image"].dtype == tf.uint8
    np.testing.assert_allclose(inputs["image"][:, 0, 0, 0], [50, 51, 52])
    padding = [-1] * 5
    np.testing.assert_allclose(
        targets["objects"],
        [
            [[10 / 40, 20 / 80, 30 / 40, 60 / 80, 1], [0, 0, 1, 1, 0], padding],
            [[0.5, 0.5, 1, 1, 0], [0, 0, 0.5, 0.5, 0], padding],
            [padding] * 3,
        ],
    )
    np.testing.assert_array_equal(targets["labels"], [[1, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(targets["counts"], [[1, 1], [2, 0], [0, 0]])
    np.testing.assert_array_equal(targets["count"], [[2], [2], [0]])
    assert all(np.all(weight == 1) for weight in weights.values())


def test_names_and_faults_can_be_read_afterwards(folder):
    dataset = load(folder)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.samples == ["a", "b", "c"]
    assert dataset.faults == []


def test_ids_follow_the_given_classes(folder):
    dataset = load(folder, classes=["dog", "cat"])
    _, targets, _ = next(iter(dataset))
    np.testing.assert_array_equal(targets["objects"][0, :, 4], [0, 1, -1])
    assert dataset.class_names == ("dog", "cat")


def test_classes_are_those_of_all_splits(folder):
    own_files.write_voc(folder, {"d": [("bird", 0, 0, 9, 9)]}, "val")
    assert data.class_names(folder) == ("bird", "cat", "dog")
    assert load(folder, "train", pet_tasks(3)).class_names[0] == "bird"


def test_boxes_are_those_of_tfds(folder):
    from tensorflow_datasets.object_detection import voc

    path = folder / "Annotations" / "a.xml"
    theirs = [thing["bbox"] for thing in voc._get_example_objects(path)]
    _, targets, _ = batch(folder)
    np.testing.assert_allclose(targets["objects"][0, :2, :4], theirs)


def test_a_split_is_a_list_of_names(folder):
    (folder / "ImageSets" / "Main" / "val.txt").write_text("c\n\n a \n")
    assert load(folder, "val").samples == ["c", "a"]


def test_only_the_split_called_train_is_shuffled(folder):
    def order(**options):
        found = load(folder, "train", batch_size=1, **options)
        return [int(inputs["image"][0, 0, 0, 0]) for inputs, _, _ in found]

    assert order(shuffle=False) == [50, 51, 52]
    orders = {tuple(order(seed=seed)) for seed in range(4)}
    assert len(orders) > 1


def test_an_unknown_split_is_explained(folder):
    with pytest.raises(ValueError, match=r"\['train'\]. Received: split='tr'"):
        load(folder, "tr")


def test_a_folder_of_another_layout_is_explained(tmp_path):
    (tmp_path / "JPEGImages").mkdir()
    with pytest.raises(ValueError, match=r"lacks \['Annotations'\]"):
        load(tmp_path)


def test_another_number_of_classes_is_explained(folder):
    with pytest.raises(
        ValueError,
        match=r"'objects' expects num_classes=2 .* \['cat', 'dog'\]. "
        "Received: num_classes=3",
    ):
        load(folder, tasks=[tasks.detection("objects", 3)])


def test_a_feature_that_the_folder_lacks_is_explained(folder):
    with pytest.raises(ValueError, match="'depth'.*objects/bbox.*counts"):
        load(folder, tasks=[tasks.regression("depth")])


def test_a_box_just_over_the_border_is_clipped(folder):
    own_files.write_xml(
        folder / "Annotations" / "a.xml", [("cat", -1, -2, 41.5, 82)]
    )
    _, targets, _ = batch(folder, samples=["a"], classes=["cat", "dog"])
    np.testing.assert_array_equal(targets["objects"][0, 0], [0, 0, 1, 1, 0])


def test_a_size_that_is_not_stated_is_that_of_the_picture(folder):
    path = folder / "Annotations" / "b.xml"
    text = path.read_text()
    path.write_text(text.replace("<width>80</width>", "<width>0</width>"))
    _, targets, _ = batch(folder, samples=["b"])
    np.testing.assert_allclose(targets["objects"][0, 0], [0.5, 0.5, 1, 1, 0])


def test_difficult_objects_may_be_left_out(folder):
    path = folder / "Annotations" / "a.xml"
    easy, hard = "<difficult>0", "<difficult>1"
    path.write_text(path.read_text().replace(easy, hard, 1))
    _, targets, _ = batch(
        folder,
        tasks=[
            tasks.detection("objects", 2),
            tasks.detection("clear", 2, feature="objects_no_difficult"),
            tasks.multi_label("labels_no_difficult", 2),
        ],
        samples=["a"],
    )
    assert np.sum(targets["objects"][..., 4] >= 0) == 2
    np.testing.assert_array_equal(targets["clear"][0, 0], [0, 0, 1, 1, 0])
    np.testing.assert_array_equal(targets["labels_no_difficult"], [[1, 0]])
