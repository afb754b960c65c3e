"""Trainings on a user's own files, in every format."""

import json
import re

import keras
import numpy as np
import own_files
import pytest
import tensorflow as tf

import mm_keras_cli
from mm_keras_cli.runs import opening

SMALL = (
    *("--image-size", "16", "16", "--encoder", "image=convnet:4"),
    *("--batch-size", "4", "--epochs", "1"),
)
CAT, DOG = ("cat", 4, 8, 30, 40), ("dog", 10, 30, 36, 76)


def command(*arguments):
    return mm_keras_cli.main(list(map(str, arguments)))


def read(path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    """A training on a folder of VOC; the folder is `voc`, it is in `run`."""
    root = tmp_path_factory.mktemp("voc")
    pets = {str(i): [CAT, DOG][: 1 + i % 2] for i in range(8)}
    own_files.write_voc(root / "voc", pets)
    for split, names in (("val", "6\n7\n"), ("test", "4\n5\n")):
        lists = root / "voc" / "ImageSets" / "Main"
        (lists / f"{split}.txt").write_text(names)
    assert (
        command(
            *("train", root / "voc", *SMALL, "--output", root / "run"),
            *("--task", "multi_label:labels", "--task", "regression:counts"),
            *("--test", "test"),
        )
        == 0
    )
    return root


def test_classes_and_splits_are_those_of_the_folder(voc):
    earlier = opening.Run.open(voc / "run")
    assert earlier.classes == {"labels": ["cat", "dog"]}
    assert [t.target.shape for t in earlier.model.tasks] == [(2,), (2,)]
    assert set(earlier.folder.scores()) == {"validation", "test"}
    run_data = earlier.read(earlier.settings())
    assert run_data.source.splits == ("train", "test", "val")
    assert run_data.training_split() == "train"
    assert run_data.parts([])[1] == {"split": "val"}


def test_other_files_are_read_with_the_classes_of_the_training(voc, capsys):
    own_files.write_voc(voc / "dogs", {"a": [DOG]}, split="test")
    assert command("evaluate", voc / "run", "--data", voc / "dogs") == 0
    shown = capsys.readouterr().out
    assert f"{voc / 'dogs'} test" in shown.splitlines()[0]
    assert re.search(r"counts +mean absolute error", shown)


def test_classes_that_are_not_those_of_the_model_are_refused(voc, capsys):
    cow = ("cow", *CAT[1:])
    own_files.write_voc(voc / "cows", {"a": [cow]}, split="test")
    assert command("evaluate", voc / "run", "--data", voc / "cows") == 1
    assert "cow" in capsys.readouterr().err


def test_predictions_are_drawn_on_the_whole_picture(voc, capsys):
    pictures = voc / "voc" / "JPEGImages"
    options = ("--pictures", voc / "drawn", "--batch-size", "3")
    assert command("predict", voc / "run", pictures, *options) == 0
    assert capsys.readouterr().out.count("  counts: ") == 8
    drawn = keras.utils.load_img(voc / "drawn" / "0.png")
    assert drawn.width == 480
    assert drawn.height == 240 + 40  # The line below.


@pytest.fixture
def pets(tmp_path):
    """A folder for each class, with one corrupt file."""
    for kind in ("cat", "dog"):
        for i in range(10):
            own_files.write_noise(tmp_path / "pets" / kind / f"{i}.png", i)
    own_files.truncate(tmp_path / "pets" / "cat" / "3.png")
    return tmp_path / "pets"


def test_without_splits_a_tenth_is_held_out(pets, tmp_path, capsys):
    run = tmp_path / "run"
    assert command("train", pets, *SMALL, "--output", run) == 0
    shown = capsys.readouterr().out
    assert f"Left out of {pets}, for their faults: 1 samples" in shown
    assert "on 5 batches an epoch" in shown  # 17 of 19.
    known = read(run / "metrics.json")["scores"]["validation"]
    assert command("evaluate", run) == 0
    assert f"{known['label_loss']:.3f}" in capsys.readouterr().out
    assert read(run / "classes.json") == {"label": ["cat", "dog"]}


def test_too_many_faults_are_an_error(pets, tmp_path, capsys):
    for i in range(5):
        own_files.truncate(pets / "dog" / f"{i}.png")
    assert command("train", pets, *SMALL, "--output", tmp_path / "run") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "dog/0.png" in line
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A training on a table of pictures and texts, in `run`."""
    root = tmp_path_factory.mktemp("table")
    rows = []
    for i in range(8):
        own_files.write_noise(root / f"{i}.png", i)
        kind = ["cat", "dog"][i % 2]
        rows.append((f"{i}.png", f"a small {kind}", kind, i / 4))
    header = ("image", "note", "kind", "age")
    for split, part in (("train", rows), ("val", rows[:4])):
        own_files.write_csv(root / f"pets_{split}.csv", header, *part)
    assert (
        command(
            *(
                "train",
                root / "pets_{split}.csv",
                *SMALL,
                "--output",
                root / "run",
            ),
            *("--input", "image", "--input", "note"),
            *("--encoder", "note=lstm:units=4,embedding_dim=4"),
            *("--task", "classification:kind", "--task", "regression:age"),
        )
        == 0
    )
    return root


def test_a_training_learns_the_words_of_its_texts(table):
    earlier = opening.Run.open(table / "run")
    words = {"", "[UNK]", "a", "small", "cat", "dog"}
    assert set(earlier.text.get_vocabulary()) == words
    assert earlier.model.input["note"].shape == (None, 3)


def test_texts_are_evaluated_and_predicted_as_they_are(table, capsys):
    run = table / "run"
    assert command("evaluate", run) == 0
    rows = (
        ("0.png", "a small cat"),
        ("none.png", "a dog"),
        ("1.png", "a bird"),
    )
    new = own_files.write_csv(table / "new.csv", ("image", "note"), *rows)
    found = table / "found.json"
    assert command("predict", run, new, "--json", found) == 1
    shown = capsys.readouterr()
    assert "left out: new.csv:3, image: " in shown.err
    answers = read(found)
    assert [a["example"] for a in answers] == ["new.csv:2", "new.csv:4"]
    kind = answers[0]["found"]["kind"]
    assert kind["name"] == ["cat", "dog"][kind["class"]]
    assert 0.5 <= kind["probability"] <= 1


def test_pictures_alone_are_not_enough_for_a_model_of_texts(table, capsys):
    assert command("predict", table / "run", table / "0.png") == 1
    line = capsys.readouterr().err
    assert "CSV file with a column for each" in line
    assert "['image', 'note']" in line


def test_the_exported_file_takes_texts(table, capsys):
    assert command("export", table / "run", "--output", table / "served") == 0
    assert re.search(r"in +note +string +\(any\)", capsys.readouterr().out)
    loaded = tf.saved_model.load(table / "served")
    found = loaded.serve(
        {
            "image": tf.zeros((1, 16, 16, 3)),
            "note": tf.constant(["a small dog"]),
        }
    )
    np.testing.assert_allclose(np.sum(found["kind"]), 1.0, rtol=1e-5)


@pytest.mark.slow
def test_files_of_coco_have_masks_too(tmp_path, capsys):
    square = [[8, 4, 40, 4, 40, 30, 8, 30]]
    for split, ids in (("train", (1, 2, 3)), ("val", (4,))):
        path, _ = own_files.write_coco(
            tmp_path / split,
            [own_files.coco_image(i) for i in ids],
            [
                own_files.coco_object(
                    i, i, 7, [8, 4, 32, 26], segmentation=square, area=832
                )
                for i in ids
            ],
            {7: "cat"},
        )
    assert (
        command(
            *("train", tmp_path / "{split}" / "things.json", *SMALL),
            *("--images", tmp_path / "{split}" / "pictures"),
            *("--task", "segmentation:mask:channels=4"),
            *("--task", "multi_label:labels", "--output", tmp_path / "run"),
        )
        == 0
    )
    assert read(tmp_path / "run" / "classes.json") == {
        "mask": ["cat"],
        "labels": ["cat"],
    }
    capsys.readouterr()
    picture = tmp_path / "val" / "pictures" / "4.jpg"
    assert command("predict", tmp_path / "run", picture) == 0
    assert re.search(r"mask: (cat|background) \(", capsys.readouterr().out)
