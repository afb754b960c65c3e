"""Checks that every task has to pass.

`make` is a function of `model_examples.py`.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from conformance import model_examples
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import symbolic
from differentiation import gradient
from keras import tree

from mm_keras import tasks


def raw_output(task):
    head = task.make_head()
    return head, head(model_examples.features(head))


def check_task_config_round_trips(make, tmp_path):
    task = make()
    assert config_of(reload(task)) == config_of(task)
    assert reload(task).target == task.target
    assert type(reload(task).target.shape) is tuple


def check_parts_are_fresh(make, tmp_path):
    task = make()
    head, outputs = raw_output(task)
    twin, _ = raw_output(task)
    assert head is not twin
    assert not {id(w) for w in head.weights} & {id(w) for w in twin.weights}
    assert task.make_loss() is not task.make_loss()
    assert task.make_decode() is None or (
        task.make_decode() is not task.make_decode()
    )
    for metric, other in zip(
        task.make_metrics(), task.make_metrics(), strict=True
    ):
        assert metric is not other
    before = config_of(task)
    task.make_head("other_name")
    task.make_decode("another_name")
    assert config_of(task) == before


def check_bare_functions_are_refused(make, tmp_path):
    task = make()
    for field in ("head", "decode", "loss"):
        with pytest.raises(ValueError, match=f"`{field}`.*Received.*Subclass"):
            dataclasses.replace(task, **{field: lambda x: x})
    with pytest.raises(ValueError, match="`metrics`.*Received.*Subclass"):
        dataclasses.replace(task, metrics=[lambda y, x: x])


def check_head_gives_full_precision(make, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    _, outputs = raw_output(make())
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"


def check_loss_and_decoding_are_finite(make, tmp_path):
    task = make()
    _, outputs = raw_output(task)
    y_true, loss = model_examples.target(task), task.make_loss()
    for prediction in (outputs, tf.zeros_like(outputs)):
        assert tuple(loss(y_true, prediction).shape) == ()
        assert_finite(loss(y_true, prediction))
        assert_finite(gradient(lambda p: loss(y_true, p), prediction))
        decode = task.make_decode()
        if decode is not None:
            assert_finite(decode(prediction))


def check_target_is_what_it_says(make, tmp_path):
    task = make()
    labels = model_examples.target(task)
    assert labels.dtype == task.target.dtype
    declared = task.target.shape
    assert len(labels.shape) == 1 + len(declared)
    for size, expected in zip(labels.shape[1:], declared, strict=True):
        assert expected in (None, size)


def check_plain_keras_model_trains(make, tmp_path):
    task = make()
    head = task.make_head()
    given = model_examples.features(head)
    inputs = symbolic((given,))
    model = keras.Model(tree.flatten(inputs), {task.name: head(*inputs)})
    model.compile("adam", **tasks.compile_args([task]))
    labels = {task.name: model_examples.target(task)}
    weights = {task.name: np.array([1.0, 0.0, 1.0], "float32")}
    before = model.get_weights()
    history = model.fit(
        tree.flatten(given), labels, sample_weight=weights, verbose=0
    )
    assert all(np.isfinite(v) for v in tree.flatten(history.history))
    after = model.get_weights()
    pairs = zip(before, after, strict=True)
    assert any(np.any(a != b) for a, b in pairs)
    assert_finite(after)


TASK_CHECKS = [
    check_task_config_round_trips,
    check_parts_are_fresh,
    check_bare_functions_are_refused,
    check_head_gives_full_precision,
    check_loss_and_decoding_are_finite,
    check_target_is_what_it_says,
    check_plain_keras_model_trains,
]
