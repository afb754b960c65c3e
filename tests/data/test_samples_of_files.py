"""Some of the samples of a user's files, such as those of a split."""

import own_files
import pytest

from mm_keras import data
from mm_keras import tasks
from mm_keras.data.files import sources

NAMES = [f"{number}.jpg" for number in range(6)]
KIND = tasks.classification("kind", 2, feature="label")
BAD = "5.jpg"


def voc(folder):
    things = {name[0]: [("cat", 0, 0, 9, 9)] for name in NAMES}
    own_files.write_voc(folder, things)
    own_files.truncate(own_files.write_noise(folder / "JPEGImages" / BAD))
    return [name[0] for name in NAMES], lambda **options: data.from_voc(
        folder, tasks=[], **options
    )


def coco(folder):
    images = [own_files.coco_image(i, name) for i, name in enumerate(NAMES)]
    path, pictures = own_files.write_coco(folder, images, [], {1: "cat"})
    own_files.truncate(own_files.write_noise(pictures / BAD))
    return NAMES, lambda **options: data.from_coco(
        path, pictures, tasks=[], **options
    )


def csv(folder):
    rows = [[i] for i in range(5)]
    path = own_files.write_csv(folder / "x.csv", ["x"], *rows, ["", "?"])
    names = [f"x.csv:{line}" for line in range(2, 8)]
    return names, lambda **options: data.from_csv(
        path, tasks=[], inputs=["x"], **options
    )


def classes(folder):
    names = [f"{'cat' if i % 2 else 'dog'}/{n}" for i, n in enumerate(NAMES)]
    for name in names:
        own_files.write_picture(folder / name)
    own_files.truncate(own_files.write_noise(folder / names[-1]))
    return sorted(names), lambda **options: data.from_folder(
        folder, tasks=[KIND], **options
    )


@pytest.fixture(params=[voc, coco, csv, classes], ids=lambda f: f.__name__)
def files(request, tmp_path):
    names, load = request.param(tmp_path)
    return names, lambda **options: load(image_size=(8, 8), **options)


def test_the_chosen_samples_are_loaded_in_their_order(files):
    names, load = files
    chosen = [names[3], names[0]]
    dataset = load(samples=chosen)
    assert dataset.samples == chosen
    assert sum(len(next(iter(i.values()))) for i, _, _ in dataset) == 2


def test_faults_of_other_samples_do_not_count(files):
    names, load = files
    with pytest.raises(ValueError, match="faults in 1 of 6 samples"):
        load()
    assert load(samples=names[:2]).faults == []


def test_a_sample_that_is_not_there_is_explained(files):
    names, load = files
    with pytest.raises(ValueError, match=r"Received: 1 others, \['9.jpg'\]"):
        load(samples=[names[0], "9.jpg"])


def test_what_is_called_train_is_shuffled():
    for name in ("train", "trainval", "instances_train2017.json", "my-Train"):
        assert sources.is_called_train(name)
    for name in ("val", "test", "constrained", "restraint.csv", "None"):
        assert not sources.is_called_train(name)


def test_only_what_is_called_train_is_shuffled(tmp_path):
    rows = [[number] for number in range(50)]
    for name in ("train", "valid"):
        path = own_files.write_csv(tmp_path / f"{name}.csv", ["x"], *rows)
        dataset = data.from_csv(
            path, tasks=[], inputs=["x"], batch_size=50, seed=1
        )
        fed = next(iter(dataset))[0]["x"][:, 0].numpy().tolist()
        assert (fed != list(range(50))) == (name == "train")
        assert sorted(fed) == list(range(50))
