"""Checks that every encoder has to pass.

`make` is a function of `model_examples.py`.
"""

import keras
import numpy as np
import tensorflow as tf
from conformance import model_examples
from conformance.checks import assert_close
from conformance.checks import assert_finite
from conformance.checks import some_functional
from conformance.checks import to_numpy
from differentiation import weight_gradients
from keras import tree

from mm_keras import encoders
from mm_keras.encoders import views

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
        along = {"present"} | ({"tokens_mask"} if view == "tokens" else set())
        assert set(found) == {view} | (along & whole.keys())
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
