"""A training goes on from its backup as if it had not been interrupted."""

import keras
import numpy as np
import pytest

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks
from mm_keras.training import backup as backup_module
from mm_keras.training.backup import Backup

TASKS = [tasks.regression("price"), tasks.classification("kind", 3)]
EPOCHS = 3


def build(units=8, balancing="pcgrad"):
    """A model that draws random numbers in its layers and its strategy."""
    table = keras.Input((4,), name="features")
    x = keras.layers.Dense(units, activation="relu")(table)
    x = keras.layers.BatchNormalization()(keras.layers.Dropout(0.5)(x))
    encoder = keras.Model(table, {"vector": x}, name="table")
    model = models.hard_sharing({"table": encoder}, TASKS)
    # So few steps are not worth a graph.
    model.compile("adam", balancing=balancing, run_eagerly=True)
    return model


def batches():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(12, 4)).astype("float32")
    labels = {"price": rows[:, 0], "kind": rng.integers(0, 3, 12)}
    return data.from_arrays({"table": rows}, labels, tasks=TASKS, batch_size=6)


class Killed(Exception):
    """Stands for the end of the process."""


class Kill(keras.callbacks.Callback):
    """Ends a training when an epoch ends, before or after its backup."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise Killed


def train(path, *callbacks):
    """Trains a model that is made anew, from its backup on."""
    keras.utils.set_random_seed(3)
    model, backup = build(), Backup(path)
    first = backup.restore(model)
    callbacks = [c or backup for c in callbacks or (None,)]
    model.fit(
        batches(),
        initial_epoch=first,
        epochs=EPOCHS,
        callbacks=callbacks,
        verbose=0,
    )
    return model


def assert_same(model, other):
    for one, two in zip(
        backup_module.state_of(model),
        backup_module.state_of(other),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The model of a training that was not interrupted."""
    return train(tmp_path_factory.mktemp("whole") / "backup.npz")


@pytest.mark.parametrize("before", [True, False])
def test_an_interrupted_training_ends_like_another(tmp_path, whole, before):
    path = tmp_path / "interrupted.npz"
    callbacks = (Kill(1), None) if before else (None, Kill(1))
    with pytest.raises(Killed):
        train(path, *callbacks)
    assert Backup(path).epoch == (1 if before else 2)
    assert_same(train(path), whole)


def test_without_a_file_nothing_is_changed(tmp_path):
    model = build()
    before = model.get_weights()
    backup = Backup(tmp_path / "none.npz")
    assert backup.restore(model) == backup.epoch == 0
    for one, two in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_kill_while_it_is_written_leaves_the_one_before(
    tmp_path, whole, monkeypatch
):
    path = tmp_path / "backup.npz"
    with pytest.raises(Killed):
        train(path, None, Kill(0))

    def write_half(file, **state):
        file.write(b"PK half of it")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", write_half)
        with pytest.raises(Killed):
            train(path)
    assert Backup(path).epoch == 1
    assert_same(train(path), whole)


def test_half_precision_is_kept_to_the_last_bit(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    table = encoders.mlp(4, units=(8,))
    model = models.hard_sharing({"table": table}, TASKS[:1])
    backup = Backup(tmp_path / "backup.npz")
    backup.set_model(model)
    backup.on_epoch_end(0)
    before = [np.asarray(v, "float32") for v in backup_module.state_of(model)]
    for variable in model.trainable_variables:
        variable.assign(variable + 1)
    assert backup.restore(model) == 1
    for value, variable in zip(
        before, backup_module.state_of(model), strict=True
    ):
        np.testing.assert_array_equal(value, np.asarray(variable, "float32"))


def test_another_model_is_refused(tmp_path):
    path = tmp_path / "backup.npz"
    with pytest.raises(Killed):
        train(path, None, Kill(0))
    for other in (build(units=9), build(balancing=None)):
        with pytest.raises(
            ValueError, match="expects the model.*Received.*Bui"
        ):
            Backup(path).restore(other)


@pytest.mark.parametrize("content", [b"", b"no backup", b"PK\x03\x04 half"])
def test_a_damaged_file_is_explained(tmp_path, content):
    path = tmp_path / "backup.npz"
    path.write_bytes(content)
    for read in (
        lambda: Backup(path).epoch,
        lambda: Backup(path).restore(build()),
    ):
        with pytest.raises(ValueError, match="damaged or something else. Rem"):
            read()
