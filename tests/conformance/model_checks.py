"""Checks that every model has to pass.

`make` is a function of `model_examples.py`.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conformance import model_examples
from conformance.checks import assert_close
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import some_functional
from differentiation import weight_gradients

from mm_keras.training import MultiTaskModel


def targets_of(model):
    return {task.name: model_examples.target(task) for task in model.tasks}


def check_model_speaks_in_dictionaries(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    assert set(model.input) == set(batch)
    assert all(model.input[name].name == name for name in model.input)
    outputs = model(batch)
    assert isinstance(outputs, dict)
    assert all(not isinstance(value, dict) for value in outputs.values())
    if isinstance(model, MultiTaskModel):
        assert list(outputs) == [task.name for task in model.tasks]


def check_other_names_are_refused(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    with pytest.raises(ValueError, match="Expected.*Received.*extra"):
        model({**batch, "extra": batch["table"]})
    with pytest.raises(ValueError, match="Expected.*Received.*Add"):
        model({"image": batch["image"]})


def check_model_saves_and_loads(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert_close(loaded(batch), model(batch), rtol=1e-5, atol=1e-6)
    if isinstance(model, MultiTaskModel):
        expected = [config_of(task) for task in model.tasks]
        assert [config_of(task) for task in loaded.tasks] == expected
        assert type(loaded.balancing) is type(model.balancing)


def check_model_exports(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    model.export(tmp_path / "exported", verbose=False)
    # The variables live only as long as the loaded object.
    loaded = tf.saved_model.load(tmp_path / "exported")
    found, expected = loaded.serve(batch), model(batch)
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert_close(found[name], value, rtol=1e-4, atol=1e-5)


def check_model_gives_full_precision(make, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model, batch = make(), model_examples.inputs()
    for value in model(batch).values():
        assert value.dtype in (tf.float32, tf.int32)
    if isinstance(model, MultiTaskModel):
        logs = model.train_on_batch(batch, targets_of(model), return_dict=True)
        assert_finite(logs)
        assert_finite(model.get_weights())


def check_partial_labels_train(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    if not isinstance(model, MultiTaskModel):
        return
    model.run_eagerly = True
    labels = targets_of(model)
    for label in labels.values():
        label[1] = -1 if label.dtype.kind == "i" else np.nan
    weights = {name: np.array([1.0, 0, 1], "float32") for name in labels}
    for name in labels:
        for missing in ({name}, labels.keys() - {name}):
            some = {n: labels[n] for n in labels if n not in missing} or labels
            given = {n: weights[n] for n in some}
            logs = model.train_on_batch(batch, some, given, return_dict=True)
            assert_finite(logs)
    assert_finite(model.get_weights())


def check_gradient_reaches_every_model_weight(make, tmp_path):
    model, batch = make(), model_examples.inputs()
    if not isinstance(model, MultiTaskModel):
        return
    found = weight_gradients(model, (batch,), some_functional)
    strategy = model.balancing
    own = strategy.trainable_weights if strategy else []
    for path in found.keys() - {weight.path for weight in own}:
        assert found[path] is not None, path
        assert np.all(np.isfinite(found[path])), path


MODEL_CHECKS = [
    check_model_speaks_in_dictionaries,
    check_other_names_are_refused,
    check_model_saves_and_loads,
    check_model_exports,
    check_model_gives_full_precision,
    check_partial_labels_train,
    check_gradient_reaches_every_model_weight,
]
