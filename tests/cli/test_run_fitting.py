"""The best model is kept, and patience outlasts an interruption."""

import math

import keras
import numpy as np
import pytest

from mm_keras_cli.runs import fitting

NAN = math.nan


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.stop_training = False
    return model


def run(callback, model, values, first=0):
    """Shows epochs to a callback; returns those that it lived through."""
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values, start=first):
        model.layers[0].bias.assign([float(epoch)])
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"val_x": value})
        if model.stop_training:
            return epoch + 1 - first
    return len(values)


def kept(path):
    """Returns the epoch whose model a file holds."""
    return int(keras.models.load_model(path).layers[0].bias[0])


@pytest.mark.parametrize(
    ("mode", "past", "values", "best"),
    [
        ("min", [], [3.0, 2.0, 2.5], 1),
        ("max", [], [3.0, 2.0, 2.5], 0),
        ("min", [2.0], [3.0, 1.0, 2.5], 2),
        ("max", [2.0, 1.0], [1.5, 2.5], 3),
        ("min", [], [NAN, 2.0, NAN], 1),
        ("max", [NAN], [0.0], 1),
        ("min", [], [3.0, 3.0], 0),
    ],
)
def test_the_model_of_the_best_epoch_is_kept(
    model, tmp_path, mode, past, values, best
):
    path = tmp_path / "best.keras"
    callback = fitting.KeepBest(path, past, "val_x", mode)
    run(callback, model, values, first=len(past))
    assert kept(path) == best
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("values", [[NAN, NAN], [math.inf]])
def test_what_is_no_number_is_never_the_best(model, tmp_path, values):
    path = tmp_path / "best.keras"
    run(fitting.KeepBest(path, [], "val_x", "min"), model, values)
    assert not path.exists()


def test_a_worse_epoch_leaves_the_file_of_a_better_one(model, tmp_path):
    path = tmp_path / "best.keras"
    run(fitting.KeepBest(path, [], "val_x", "min"), model, [3.0])
    # What a process that was killed has left.
    (tmp_path / "unfinished.keras").write_bytes(b"half of a file")
    later = fitting.KeepBest(path, [3.0], "val_x", "min")
    run(later, model, [4.0], first=1)
    assert kept(path) == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("done", range(5))
def test_patience_is_the_same_with_and_without_interruption(model, done):
    values = [3.0, 2.0, 2.5, 2.2, 2.1, 1.0]
    patience = fitting.Patience(3, values[:done], "val_x", "min")
    epochs = run(patience, model, values[done:], first=done)
    assert done + epochs == 5


def test_without_patience_all_epochs_are_run(model):
    callback = fitting.Patience(math.inf, [], "val_x", "max")
    assert run(callback, model, list(np.arange(9.0, 0.0, -1.0))) == 9


@pytest.mark.parametrize(
    ("past", "mode", "epochs"),
    [
        ([], "min", 0),
        ([1.0], "min", 0),
        ([1.0, 2.0, 3.0], "min", 2),
        ([1.0, 2.0, 3.0], "max", 0),
        ([1.0, 1.0], "max", 1),
        ([NAN, NAN], "min", 2),
        ([NAN, 1.0, NAN], "min", 1),
    ],
)
def test_for_how_long_nothing_became_better(past, mode, epochs):
    assert fitting.waited(past, mode) == epochs
