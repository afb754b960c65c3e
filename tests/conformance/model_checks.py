"""Checks that every encoder, task and model has to pass.

`make` is a function of `model_examples.py`.
"""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from conformance import model_examples
from conformance.checks import assert_close
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import some_functional
from conformance.checks import symbolic
from conformance.checks import to_numpy
from differentiation import gradient
from differentiation import weight_gradients
from keras import tree

from mm_keras import encoders
from mm_keras import tasks
from mm_keras.encoders import views
from mm_keras.training import MultiTaskModel

RANKS = {"vector": 2, "tokens": 3, "tokens_mask": 2, "pyramid": 4, "present": 1}


def as_floats(batch):
    return [x.astype("float32") for x in batch]


def called(encoder, batch):
    return encoder(batch[0] if len(batch) == 1 else batch, training=False)


def by_view(encoder, batch):
    """The views of an encoder; a plain tensor stands for one."""
    output = called(encoder, batch)
    if isinstance(output, dict):
        return output
    (name,) = views.of(encoder).keys() - {"tokens_mask"}
    return {name: {"plain": output} if name == "pyramid" else output}


# Encoders.


def check_inputs_are_those_of_one_modality(make, tmp_path):
    encoder, batch = make()
    assert len(encoder.inputs) == len(batch)
    assert len(batch) == (2 if "present" in views.of(encoder) else 1)


def check_views_have_their_ranks(make, tmp_path):
    encoder, batch = make()
    found = by_view(encoder, batch)
    assert found
    for view, tensors in found.items():
        for tensor in tree.flatten(tensors):
            assert len(tensor.shape) == RANKS[view]
            assert len(tensor) == model_examples.BATCH
            assert_finite(tensor)
    for level, tensor in found.get("pyramid", {}).items():
        if level != "plain":
            side = encoder.inputs[0].shape[1]
            assert tensor.shape[1] == side // 2 ** int(level.strip("P"))


def check_bytes_and_floats_give_the_same(make, tmp_path):
    encoder, batch = make()
    if len(encoder.inputs[0].shape) < 4:
        return
    as_bytes = [batch[0].astype("uint8"), *batch[1:]]
    expected = called(encoder, as_floats(batch))
    assert_close(called(encoder, as_bytes), expected, rtol=1e-6)


def check_views_can_be_restricted(make, tmp_path):
    encoder, batch = make()
    whole = called(encoder, batch)
    if not isinstance(whole, dict):
        return
    for view in whole.keys() - {"tokens_mask", "present"}:
        part = views.restrict(encoder, view, "part")
        found = called(part, batch)
        assert view in found
        for name, value in found.items():
            assert_close(value, whole[name], rtol=1e-6)


def check_copy_has_the_weights_but_does_not_share_them(make, tmp_path):
    encoder, batch = make()
    twin = encoders.copy(encoder, "twin")
    expected = to_numpy(called(encoder, batch))
    assert_close(called(twin, batch), expected, rtol=1e-6)
    for weight in encoder.weights:
        weight.assign(weight + 1)
    assert_close(called(twin, batch), expected, rtol=1e-6)


def check_encoder_saves_and_loads(make, tmp_path):
    encoder, batch = make()
    encoder.save(tmp_path / "encoder.keras")
    loaded = keras.models.load_model(tmp_path / "encoder.keras")
    assert_close(called(loaded, batch), called(encoder, batch), rtol=1e-6)


def check_gradient_reaches_every_encoder_weight(make, tmp_path):
    encoder, batch = make()
    batch = as_floats(batch)
    arguments = (batch[0] if len(batch) == 1 else batch,)
    found = weight_gradients(encoder, arguments, some_functional)
    for path, value in found.items():
        assert value is not None, path
        assert np.all(np.isfinite(value)), path
        assert np.any(value != 0), path


def check_encoder_compiles_with_xla(make, tmp_path):
    encoder, batch = make()
    batch = [
        tf.cast(x, tensor.dtype)
        for x, tensor in zip(batch, encoder.inputs, strict=True)
    ]
    compiled = tf.function(lambda: called(encoder, batch), jit_compile=True)
    assert_close(compiled(), called(encoder, batch), rtol=1e-4, atol=1e-4)


def check_encoder_computes_in_half_precision(make, tmp_path):
    encoder, batch = make()
    expected = to_numpy(by_view(encoder, batch))
    keras.config.set_dtype_policy("mixed_bfloat16")
    half, _ = make()
    half.set_weights(encoder.get_weights())
    for view, value in by_view(half, batch).items():
        exact = view in ("tokens_mask", "present")
        for tensor in tree.flatten(value):
            assert exact or tensor.dtype == tf.bfloat16, view
        floats = tree.map_structure(lambda x: tf.cast(x, "float32"), value)
        largest = max(np.max(x) for x in tree.flatten(expected[view]))
        assert_close(
            floats, expected[view], rtol=0.05, atol=0.03 * float(largest)
        )


ENCODER_CHECKS = [
    check_inputs_are_those_of_one_modality,
    check_views_have_their_ranks,
    check_bytes_and_floats_give_the_same,
    check_views_can_be_restricted,
    check_copy_has_the_weights_but_does_not_share_them,
    check_encoder_saves_and_loads,
    check_gradient_reaches_every_encoder_weight,
    check_encoder_compiles_with_xla,
    check_encoder_computes_in_half_precision,
]


# Tasks.


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


# Models.


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
