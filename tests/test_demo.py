"""The demo: a folder with a trained model, what it reached and pictures."""

import base64
import io
import json
import os
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from matplotlib import image as reading

from mm_keras import data
from mm_keras import export
from mm_keras import zoo
from mm_keras.demo import demonstration
from mm_keras.demo import folder as folders
from mm_keras.demo import progress
from mm_keras.demo import reloading
from mm_keras.demo import scores
from mm_keras.training.loading import load_model

ROOT = pathlib.Path(__file__).parents[1]
REACHED = {
    "digits_ap": 0.7512,
    "digits_ap50": 0.9,
    "mask_mean_iou": 0.85,
    "present_f1": None,
    "count_mae": 0.04,
}


def test_new_folder_is_made_with_those_above_it(tmp_path):
    folder = folders.make_folder(tmp_path / "one" / "two")
    assert folder.is_dir()


def test_empty_folder_and_that_of_an_earlier_run_are_taken(tmp_path):
    folder = folders.make_folder(tmp_path)
    (folder / "metrics.json").write_text("{}")
    assert folders.make_folder(str(tmp_path)) == tmp_path


def test_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("not to be lost")
    with pytest.raises(ValueError, match=r"expects.*Received.*Choose another"):
        folders.make_folder(tmp_path)
    with pytest.raises(ValueError, match=r"expects.*Received.*Choose another"):
        folders.make_folder(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_zero_steps_are_explained_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"at least 1. Received: steps=0. Lea"):
        demonstration.run(tmp_path / "new", steps=0)
    assert not (tmp_path / "new").exists()


def test_scores_are_told_in_a_line_and_in_a_table():
    logs = {f"val_{name}": value for name, value in REACHED.items() if value}
    assert scores.line(logs, "val_") == (
        "AP 0.751, AP50 0.900, mean IoU 0.850, count error 0.040"
    )
    lines = scores.table(REACHED).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.split()[-1] for line in lines] == [
        "0.751",
        "0.900",
        "0.850",
        "none",
        "0.040",
    ]


def test_numbers_that_json_lacks_become_none():
    values = [np.float32(0.5), float("nan"), float("inf")]
    assert demonstration.numbers(values) == [0.5, None, None]


def run_epoch(callback):
    callback.set_params({"steps": 2, "epochs": 5})
    callback.on_epoch_begin(0)
    for step in range(2):
        callback.on_train_batch_end(step, {"loss": 2.0, "digits_loss": 1.0})
    callback.on_epoch_end(0, {"loss": 2.0, "val_digits_ap": 0.25})


def test_progress_is_one_line_an_epoch_where_there_is_no_terminal(capsys):
    run_epoch(progress.Progress())
    assert capsys.readouterr().out == "epoch 1 of 5: AP 0.250\n"


def test_progress_is_a_bar_with_the_loss_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    run_epoch(progress.Progress())
    shown = capsys.readouterr().out
    assert "2/2" in shown
    assert "loss: 2.0000" in shown
    assert "digits_loss" not in shown
    assert shown.endswith("epoch 1 of 5: AP 0.250\n")


def test_files_that_differ_from_the_model_are_an_error():
    expected = {"a": np.zeros(3), "b": np.ones((2, 2))}
    found = {"a": np.zeros(3), "b": np.full((2, 2), 1.000001)}
    difference = reloading.compare("model.keras", expected, found)
    np.testing.assert_allclose(difference, 1e-6, rtol=1e-3)
    found["a"] = np.full(3, 0.01)
    with pytest.raises(RuntimeError, match="expected.*Received.*0.01.*Do not"):
        reloading.compare("model.keras", expected, found)


@pytest.fixture(scope="module")
def demo(tmp_path_factory, tfds_dir):
    """What two steps of `mm-keras demo` write and say."""
    folder = tmp_path_factory.mktemp("demo") / "output"
    script = "import sys; from mm_keras_cli import main; sys.exit(main())"
    arguments = ["demo", "--steps", "2", "--seed", "3"]
    arguments += ["--output", str(folder), "--data-dir", tfds_dir]
    # What the command itself makes of the messages of TensorFlow.
    environment = dict(os.environ)
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.fixture
def images(tfds_dir):
    batches = data.load(
        "digit_scenes", "test[:8]", tasks=[], batch_size=8, data_dir=tfds_dir
    )
    (inputs, *_) = next(iter(batches))
    return inputs["image"].numpy()


@pytest.mark.slow
def test_demo_writes_every_file_and_no_noise(demo):
    folder, done = demo
    assert sorted(path.name for path in folder.iterdir()) == [
        folders.MARK,
        "gallery.png",
        "index.html",
        "metrics.json",
        "model.keras",
        "saved_model",
    ]
    assert not done.stderr
    assert "epoch 2 of 2: AP 0." in done.stdout
    assert done.stdout.count("\x08") == 0
    assert done.stdout.endswith(f"Now open {folder / 'index.html'}\n")


@pytest.mark.slow
def test_metrics_tell_what_was_reached_and_how(demo):
    folder, done = demo
    metrics = json.loads((folder / "metrics.json").read_text())
    assert set(scores.SCORES) <= set(metrics["test"])
    assert 0 <= metrics["test"]["mask_mean_iou"] <= 1
    training = metrics["training"]
    assert training["steps"] == 2
    assert training["seed"] == 3
    assert 0 < training["seconds"] < metrics["seconds"]
    assert len(training["history"]["val_digits_ap"]) == 2
    assert all(d <= 1e-5 for d in metrics["differences"].values())
    assert set(metrics["versions"]) >= {"python", "keras", "tensorflow"}
    assert scores.table(metrics["test"]) in done.stdout


@pytest.mark.slow
def test_page_and_folder_have_pictures_that_are_not_blank(demo):
    folder, _ = demo
    text = (folder / "index.html").read_text()
    assert "http" not in text
    pictures = [
        base64.b64decode(data)
        for data in re.findall(r"data:image/png;base64,([^\"]+)", text)
    ]
    assert len(pictures) == 2
    assert pictures[0] == (folder / "gallery.png").read_bytes()
    for picture in pictures:
        pixels = reading.imread(io.BytesIO(picture))
        assert min(pixels.shape[:2]) > 300
        assert pixels[..., :3].std() > 0.05


# Neither Keras nor this package can be imported here.
SERVE = """
import sys
sys.modules.update(keras=None, mm_keras=None)
import numpy as np
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1])
images = tf.constant(np.load(sys.argv[2])["image"])
np.savez(sys.argv[3], **{k: v.numpy() for k, v in loaded.serve(
    {"image": tf.cast(images, tf.float32)}).items()})
"""


@pytest.mark.slow
def test_plain_tensorflow_gives_the_same_boxes_masks_and_probabilities(
    demo, images, tmp_path
):
    folder, _ = demo
    np.savez(tmp_path / "inputs.npz", image=images)
    arguments = folder / "saved_model", "inputs.npz", "found.npz"
    subprocess.run(
        [sys.executable, "-c", SERVE, *map(str, arguments)],
        cwd=tmp_path,
        check=True,
    )
    found = np.load(tmp_path / "found.npz")
    model = load_model(folder / "model.keras")
    serving = export.serving_model(model)
    expected = serving.predict({"image": images}, verbose=0)
    assert set(found) == set(expected)
    assert {"digits_boxes", "mask", "present", "count"} <= set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, rtol=1e-5)


@pytest.mark.slow
def test_reloaded_model_has_tasks_and_optimizer_of_the_demo(demo):
    folder, _ = demo
    model = keras.models.load_model(folder / "model.keras")
    names = [task.name for task in model.tasks]
    assert names == [task.name for task in zoo.digit_scenes().tasks]
    assert model.optimizer.iterations == 2
