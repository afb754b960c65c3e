"""Checks that every layer has to pass, on every backend.

`make` is a function of `examples.py`.
"""

import keras
import numpy as np
from conformance.checks import assert_close
from conformance.checks import assert_config_has_every_argument
from conformance.checks import assert_finite
from conformance.checks import config_of
from conformance.checks import reload
from conformance.checks import signature
from conformance.checks import some_functional
from conformance.checks import symbolic
from conformance.checks import to_numpy
from differentiation import weight_gradients
from keras import ops
from keras import tree

POLICIES = ("mixed_bfloat16", "mixed_float16")
# Heads and what is behind them give full precision, or class ids.
FULL = {
    "AlignmentHead": "float32",
    "BoxDecoder": "float32",
    "DetectionHead": "float32",
    "HighestClass": "int32",
    "MapHead": "float32",
    "PointDecoder": "float32",
    "PointHead": "float32",
    "PyramidVectorHead": "float32",
    "ScoreMaps": "float32",
    "TagDecoder": "int32",
    "TokenHead": "float32",
    "UnitLength": "float32",
    "VectorHead": "float32",
    "WholeNumber": "float32",
}


def check_layer_config_round_trips(make, tmp_path):
    layer, _ = make()
    assert_config_has_every_argument(layer)
    assert config_of(reload(layer)) == config_of(layer)
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config


def check_symbolic_call_is_the_real_one(make, tmp_path):
    layer, arguments = make()
    promised = layer(*symbolic(arguments))
    assert signature(promised) == signature(layer(*arguments))


def check_gradient_reaches_every_weight(make, tmp_path):
    layer, arguments = make()
    layer(*arguments)
    if not layer.trainable_weights:
        return
    gradients = weight_gradients(layer, arguments, some_functional)
    for path, value in gradients.items():
        assert value is not None, path
        assert np.all(np.isfinite(value)), path
        assert np.any(value != 0), path


def check_half_precision(make, tmp_path):
    layer, arguments = make()
    expected = to_numpy(layer(*arguments))
    for policy in POLICIES:
        keras.config.set_dtype_policy(policy)
        half, _ = make()
        outputs = half(*arguments)
        half.set_weights(layer.get_weights())
        outputs = half(*arguments)
        promised = half(*symbolic(arguments))
        assert signature(promised) == signature(outputs)
        assert_finite(outputs)
        if type(half).__name__ == "DetectionDecoder":
            assert_close(outputs, expected)
            continue
        short = policy.removeprefix("mixed_")
        dtype = FULL.get(type(half).__name__, short)
        for tensor in tree.flatten(outputs):
            assert keras.backend.standardize_dtype(tensor.dtype) == dtype
        as_float = tree.map_structure(lambda x: ops.cast(x, "float32"), outputs)
        assert_close(as_float, expected, rtol=0.05, atol=0.05)


def check_layer_saves_and_loads(make, tmp_path):
    layer, arguments = make()
    inputs = symbolic(arguments)
    model = keras.Model(tree.flatten(inputs), layer(*inputs))
    model.save(tmp_path / "layer.keras")
    loaded = keras.models.load_model(tmp_path / "layer.keras")
    flat = tree.flatten(arguments)
    assert_close(loaded(flat), layer(*arguments), rtol=1e-6)


def check_rows_are_independent(make, tmp_path):
    layer, arguments = make()
    whole = to_numpy(layer(*arguments))
    turned = layer(*tree.map_structure(lambda a: a[::-1], arguments))
    expected = tree.map_structure(lambda a: a[::-1], whole)
    assert_close(turned, expected, rtol=1e-5, atol=1e-6)
    one = layer(*tree.map_structure(lambda a: a[:1], arguments))
    expected = tree.map_structure(lambda a: a[:1], whole)
    assert_close(one, expected, rtol=1e-5, atol=1e-6)


LAYER_CHECKS = [
    check_layer_config_round_trips,
    check_symbolic_call_is_the_real_one,
    check_gradient_reaches_every_weight,
    check_half_precision,
    check_layer_saves_and_loads,
    check_rows_are_independent,
]
