"""A training on the command line, from the first epoch to the served model."""

import csv
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import mm_keras_cli
from mm_keras import data
from mm_keras.training.loading import load_model
from mm_keras_cli.runs import fitting
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import opening
from mm_keras_cli.runs import page

TASKS = (
    *("--task", "detection:digits:max_boxes=4,channels=8,depth=1"),
    *("--task", "multi_label:present"),
    *("--task", "regression:count"),
)
SMALL = (
    *("train", "digit_scenes", "--split", "train[:48]"),
    *("--validation", "validation[:8]", "--batch-size", "16"),
)
QUICK = (
    *(*SMALL, "--encoder", "convnet:4,4"),
    *("--task", "multi_label:present", "--augment", "shift=0.2"),
    *("--epochs", "3"),
)


@pytest.fixture(scope="module")
def command(tfds_dir):
    """Runs a command on the prepared data; returns its exit code."""

    def run(*arguments):
        arguments = list(map(str, arguments))
        if arguments[0] == "train" and "--resume" not in arguments:
            arguments += ["--data-dir", tfds_dir]
        return mm_keras_cli.main(arguments)

    return run


@pytest.fixture(scope="module")
def trained(command, tmp_path_factory):
    """The folder of a training of all that a picture of digits has."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert (
        command(
            *SMALL,
            *TASKS,
            *("--encoder", "convnet:8,8:pyramid_channels=8"),
            *("--test", "test[:8]", "--augment", "shift=0.1,zoom=0.2"),
            *(
                "--optimizer",
                "adam:global_clipnorm=5",
                "--learning-rate",
                "0.01",
            ),
            *("--epochs", "2", "--output", folder),
        )
        == 0
    )
    return folder


@pytest.fixture(scope="module")
def quick(command, tmp_path_factory):
    """The folder of a training of a single small task."""
    folder = tmp_path_factory.mktemp("quick") / "run"
    assert command(*QUICK, "--output", folder) == 0
    return folder


@pytest.fixture
def pictures(tmp_path, tfds_dir):
    """A folder with a scene of the test split, and the scene."""
    batches = data.load("digit_scenes", "test[:1]", tasks=[], data_dir=tfds_dir)
    (scene,) = next(iter(batches))[0]["image"].numpy()
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(tf.io.encode_png(scene).numpy())
    return folder, scene


def test_the_folder_has_every_file(trained):
    assert sorted(path.name for path in trained.iterdir()) == [
        folders.MARK,
        "backup.npz",
        "best.keras",
        "classes.json",
        "config.json",
        "index.html",
        "log.csv",
        "metrics.json",
    ]


def test_the_log_has_a_row_for_each_epoch_with_average_precision(trained):
    with open(trained / "log.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    named = {"loss", "val_loss", "val_digits_ap50", "val_present_f1"}
    assert named | {"count_mae", "val_count_mae"} <= set(rows[0])


def test_the_scores_are_those_of_the_best_epoch(trained):
    scores = json.loads((trained / "metrics.json").read_text())["scores"]
    assert set(scores) == {"validation", "test"}
    assert {"digits_ap", "present_f1", "count_mae"} <= set(scores["test"])
    logged = [row["val_loss"] for row in folders.RunFolder(trained).rows()]
    np.testing.assert_allclose(
        scores["validation"]["loss"], min(logged), rtol=1e-5
    )


def test_the_page_has_scores_pictures_and_settings(trained):
    text = (trained / "index.html").read_text()
    assert text.count("data:image/png;base64,") == 2
    for heading in ("What it sees", "How it learned", "What it was told"):
        assert f"<h2>{heading}</h2>" in text
    assert "adam:global_clipnorm=5" in text
    assert re.search(r"after epoch [12] of 2, the best by val_loss", text)
    assert 'src="http' not in text


def test_the_best_model_is_loaded_ready_to_train(trained):
    model = load_model(trained / "best.keras")
    assert [task.name for task in model.tasks] == ["digits", "present", "count"]
    assert model.optimizer.global_clipnorm == 5
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_evaluate_tells_what_the_training_measured(command, trained, capsys):
    known = json.loads((trained / "metrics.json").read_text())["scores"]
    assert command("evaluate", trained) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].split() == ["task", "measure", "test"]
    assert re.search(rf"all +loss +{known['test']['loss']:.3f}\n", shown)


def test_evaluate_adds_another_split(command, trained, tmp_path, capsys):
    scores = tmp_path / "scores.json"
    split = ("--split", "test[8:12]", "--batch-size", "2", "--json", scores)
    assert command("evaluate", trained, *split) == 0
    found = json.loads(scores.read_text())["test[8:12]"]
    assert f"{found['count_mae']:.3f}" in capsys.readouterr().out
    known = json.loads((trained / "metrics.json").read_text())["scores"]
    assert known["test[8:12]"] == found
    assert set(known) == {"validation", "test", "test[8:12]"}


def test_predict_tells_writes_and_draws(
    command, trained, pictures, tmp_path, capsys
):
    folder, scene = pictures
    answers, drawn = tmp_path / "found.json", tmp_path / "drawn"
    outputs = ("--json", answers, "--pictures", drawn, "--least-score", "0")
    assert command("predict", trained, folder, *outputs) == 0
    (answer,) = json.loads(answers.read_text())
    assert answer["example"] == str(folder / "a.png")
    found = answer["found"]
    serving = opening.Run.open(trained).serving_model()
    expected = serving.predict_one({"image": scene})
    np.testing.assert_allclose(found["count"], expected["count"], rtol=1e-4)
    first = found["digits"][0]
    np.testing.assert_allclose(
        first["box"], expected["digits_boxes"][0], atol=1e-4
    )
    assert first["name"] == str(expected["digits_classes"][0])
    shown = capsys.readouterr().out
    assert shown.startswith(f"{folder / 'a.png'}\n  digits: {first['name']} (")
    pixels = keras.utils.img_to_array(keras.utils.load_img(drawn / "a.png"))
    assert pixels.shape[0] > 480
    assert pixels.std() > 10


def test_predict_leaves_out_what_is_no_picture(
    command, trained, pictures, capsys
):
    folder, _ = pictures
    (folder / "b.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("are not looked at")
    assert command("predict", trained, folder) == 1
    shown = capsys.readouterr()
    assert shown.out.count("digits: ") == 1
    (line,) = shown.err.splitlines()
    assert "left out: " in line and "b.png is neither a JPEG nor a" in line


def test_export_writes_what_runs_without_this_package(
    command, quick, pictures, tmp_path, capsys
):
    served = tmp_path / "served"
    assert command("export", quick, "--output", served) == 0
    shown = capsys.readouterr().out
    assert re.search(r"in +image +float32 +\(any, 64, 64, 3\)", shown)
    assert re.search(r"out +present +float32 +\(any, 10\)", shown)
    loaded = tf.saved_model.load(served)
    scene = tf.cast(pictures[1][None], tf.float32)
    expected = opening.Run.open(quick).serving_model()({"image": scene})
    found = loaded.serve({"image": scene})
    np.testing.assert_allclose(found["present"], expected["present"], rtol=1e-4)


def test_the_settings_of_a_training_repeat_it(command, quick, tmp_path):
    again = tmp_path / "again"
    config = ("--config", quick / "config.json", "--epochs", "1")
    assert command("train", *config, "--output", again) == 0
    first, second = (folders.RunFolder(f).rows()[0] for f in (quick, again))
    assert first == pytest.approx(second, rel=1e-3)
    told, retold = (
        json.loads((f / "config.json").read_text())["arguments"]
        for f in (quick, again)
    )
    assert {**told, "epochs": 1} == retold


def test_an_interruption_says_how_to_go_on(
    command, quick, tmp_path, monkeypatch, capsys
):
    """And the training then ends as another that was not interrupted."""
    stopped = tmp_path / "stopped"
    with monkeypatch.context() as patch:
        keep = fitting.KeepBest.on_epoch_end

        def interrupt(self, epoch, logs=None):
            keep(self, epoch, logs)
            if epoch == 1:
                raise KeyboardInterrupt

        patch.setattr(fitting.KeepBest, "on_epoch_end", interrupt)
        assert command(*QUICK, "--output", stopped) == 130
    shown = capsys.readouterr()
    assert f"Go on with: mm-keras train --resume {stopped}" in shown.out
    assert len(folders.RunFolder(stopped).rows()) == 2
    assert command("train", "--resume", stopped) == 0
    shown = capsys.readouterr().out
    assert "epoch 1 of 3" not in shown and "epoch 2 of 3" in shown
    first, second = (np.load(f / "backup.npz") for f in (quick, stopped))
    assert first["epoch"] == second["epoch"] == 3
    for name in first.files:
        np.testing.assert_allclose(
            first[name], second[name], rtol=1e-3, atol=1e-5
        )
    rows = [folders.RunFolder(f).rows() for f in (quick, stopped)]
    for row, other in zip(*rows, strict=True):
        assert row == pytest.approx(other, rel=1e-3)


def test_a_training_goes_on_for_more_epochs(command, quick, tmp_path):
    longer = tmp_path / "longer"
    shutil.copytree(quick, longer)
    assert command("train", "--resume", longer, "--epochs", "4") == 0
    assert len(folders.RunFolder(longer).rows()) == 4
    told = json.loads((longer / "config.json").read_text())["arguments"]
    assert told["epochs"] == 4
    shown = (longer / "index.html").read_text()
    assert re.search(r"after epoch \d of 4", shown)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--task", "detection:digitz:10"), "expects the feature 'digitz'"),
        (("--encoder", "resnt:18"), "--encoder expects one of convnet, .*res"),
        (("--encoder", "convnet:widht=3"), "options among filters.*widht"),
        (("--encoder", "resnet:19"), "`depth` of resnet expects"),
        (("--encoder", "text=lstm"), "one encoder for each of .*'image'"),
        (("--model", "hard"), "--model expects .*hard_sharing, .*'hard'"),
        (("--model", "zoo.digits"), "zoo.digit_scenes, .*'zoo.digits'"),
        (("--model", "zoo.digit_scenes", "--balancing", "pcgrad"),
         "zoo.digit_scenes brings its own .*Received: balancing"),
        (("--fusion", "glue"), "--fusion expects one of attention, conc"),
        (("--balancing", "fair"), "--balancing expects one of equal, pcgrad"),
        (("--optimizer", "adamm"), "--optimizer expects one of .*'adamm'"),
        (("--optimizer", "adam:beta=1"), "not recognized: {'beta': 1}"),
        (("--augment", "rotation=900"), "`rotation` of Augmentation expects"),
        (("--augment", "spin=9"), "--augment spin=9 expects options among"),
        (("--monitor", "val_digits_f1"), "--monitor expects one of val_loss"),
        (("--validation", "0.2"), "--validation 0.2 expects --split with the"),
        (("--validation", "valid"), "'valid'"),
        (("--test", "tset"), "'tset'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_before_anything_is_written(
    command, arguments, said, tmp_path, capsys
):
    train = ("train", "digit_scenes", "--split", "train[:16]")
    train += ("--validation", "validation[:8]", "--output", tmp_path / "new")
    task = ("--task", "multi_label:present")
    if "zoo" in str(arguments):
        task = ()
    assert command(*train, *task, *arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("mm-keras: error: ")
    assert re.search(said, line)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "digit_scenes"], "one of the arguments --output --resume"),
        (["train", "a", "--output", "b", "--resume", "c"], "not allowed with"),
        (["train", "a", "--output", "b", "--epochs", "0"], "at least 1"),
        (["train", "a", "--output", "b", "--learning-rate", "-1"], "above 0"),
        (["train", "a", "--output", "b", "--seed", "-1"], "from 0 to"),
        (["train", "a", "--output", "b", "--encoder", "1=2"], "an input befo"),
        (["predict", "run"], "required: examples"),
        (["predict", "run", "a.png", "--least-score", "2"], "from 0 to 1"),
        (["export", "run"], "required: --output"),
        (["export", "run", "--output", "a", "--format", "x"], "'saved_model'"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(arguments, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        mm_keras_cli.main(arguments)
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(said, line)


@pytest.mark.parametrize("name", ["evaluate", "predict", "export"])
def test_a_training_without_an_epoch_is_explained(
    name, command, tmp_path, capsys
):
    folder = folders.RunFolder(tmp_path)
    folder.make()
    told = {"arguments": {"data": "digit_scenes"}}
    folders.write_json(folder.config, told)
    more = {"evaluate": [], "predict": ["a.png"]}
    more["export"] = ["--output", tmp_path / "served"]
    assert command(name, tmp_path, *more[name]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "at least one finished epoch" in line
    assert f"mm-keras train --resume {tmp_path}" in line


def test_numbers_that_are_none_keep_no_model(
    command, tmp_path, monkeypatch, capsys
):
    diverge = ("--optimizer", "sgd", "--learning-rate", "1e30")
    train = (*SMALL, "--task", "regression:count", *diverge, "--epochs", "1")
    train += ("--encoder", "convnet:4")
    assert command(*train, "--output", tmp_path / "run") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "val_loss to be a number after some epoch" in line
    assert "Choose a smaller --learning-rate" in line


def test_a_page_without_pictures_has_tables_and_curves():
    grey = np.zeros((2, 8, 8, 1), "uint8")
    assert page.to_colors(grey).shape == (2, 8, 8, 3)
    history = page.to_history(
        [{"epoch": 0.0, "a": 1.0, "loss": 2.0, "val_loss": 3.0}]
    )
    assert history == {"loss": [2.0], "val_loss": [3.0], "a": [1.0]}
    assert list(history)[0] == "loss"


@pytest.mark.slow
def test_a_killed_training_ends_with_the_same_bits(tfds_dir, tmp_path):
    train = (
        *(*QUICK, "--task", "regression:count", "--balancing", "pcgrad"),
        *("--epochs", "4", "--patience", "3", "--deterministic"),
        *("--data-dir", tfds_dir, "--output"),
    )
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with start(*train, whole) as process:
        process.communicate()
    assert process.returncode == 0
    with start(*train, killed) as process:
        for line in process.stdout:
            # Told before the epoch is written to the log and to the backup.
            if line.startswith("epoch 2"):
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with start("train", "--resume", killed) as process:
        process.communicate()
    assert process.returncode == 0
    first, second = (np.load(f / "backup.npz") for f in (whole, killed))
    assert first["epoch"] == second["epoch"] == 4
    assert first.files == second.files
    for name in first.files:
        np.testing.assert_array_equal(first[name], second[name])
    for name in ("log.csv", "metrics.json"):
        assert (whole / name).read_text() == (killed / name).read_text()


def start(*arguments):
    """Starts a command in a process of its own."""
    script = "import sys; from mm_keras_cli import main; sys.exit(main())"
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=pathlib.Path(mm_keras_cli.__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
