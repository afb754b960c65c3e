"""Checks that every layer, loss, metric and strategy has to pass.

They run on every backend. `make` is a function of `examples.py`.
"""

import inspect
import json

import keras
import numpy as np
from differentiation import gradient
from differentiation import weight_gradients
from keras import ops
from keras import tree

from mm_keras import metrics

POLICIES = ("mixed_bfloat16", "mixed_float16")
# Heads and what is behind them give full precision, or class ids.
FULL = {
    "AlignmentHead": "float32",
    "BoxDecoder": "float32",
    "DetectionHead": "float32",
    "HighestClass": "int32",
    "MapHead": "float32",
    "PyramidVectorHead": "float32",
    "UnitLength": "float32",
    "VectorHead": "float32",
}


def to_numpy(structure):
    return tree.map_structure(ops.convert_to_numpy, structure)


def assert_close(actual, expected, **tolerances):
    tree.map_structure(
        lambda a, e: np.testing.assert_allclose(a, e, **tolerances),
        to_numpy(actual),
        to_numpy(expected),
    )


def assert_finite(structure):
    for value in tree.flatten(to_numpy(structure)):
        assert np.all(np.isfinite(value.astype("float32")))


def reload(thing):
    """The object that is loaded from a file in which `thing` was saved."""
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(thing)))
    return keras.saving.deserialize_keras_object(config)


def config_of(thing):
    return json.dumps(keras.saving.serialize_keras_object(thing))


def assert_config_has_every_argument(thing):
    """What the configuration leaves out would silently become the default."""
    config = thing.get_config()
    for cls in type(thing).__mro__:
        if cls.__module__.startswith("mm_keras") and "__init__" in vars(cls):
            _, *arguments = inspect.signature(cls.__init__).parameters.values()
            for argument in arguments:
                rest = argument.kind is inspect.Parameter.VAR_KEYWORD
                assert rest or argument.name in config, argument.name


def symbolic(arguments):
    """An input for each array; the batch is unknown."""
    return tree.map_structure(
        lambda a: keras.Input(a.shape[1:], dtype=a.dtype.name), arguments
    )


def signature(structure):
    """Shapes without the batch, and dtypes."""
    return tree.map_structure(
        lambda x: (
            str(tuple(x.shape[1:])),
            keras.backend.standardize_dtype(x.dtype),
        ),
        structure,
    )


def some_functional(structure):
    """A random linear functional: a plain sum is blind to softmax."""
    rng = np.random.default_rng(0)
    return sum(
        ops.sum(ops.cast(x, "float32") * rng.normal(size=x.shape))
        for x in tree.flatten(structure)
    )


# Layers.


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


# Losses.


def check_loss_config_round_trips(make, tmp_path):
    loss, y_true, y_pred = make()
    assert_config_has_every_argument(loss)
    twin = reload(loss)
    assert config_of(twin) == config_of(loss)
    assert_close(twin(y_true, y_pred), loss(y_true, y_pred))
    half = type(loss).from_config({**loss.get_config(), "dtype": "bfloat16"})
    assert reload(half).dtype == "bfloat16"


def check_one_value_per_example(make, tmp_path):
    loss, y_true, y_pred = make()
    for rows in (len(y_pred), 1):
        values = loss.call(
            ops.cast(y_true[:rows], "float32"),
            ops.convert_to_tensor(y_pred[:rows]),
        )
        assert tuple(values.shape) == (rows,)
        assert_finite(values)


def check_order_of_rows_does_not_matter(make, tmp_path):
    loss, y_true, y_pred = make()
    loss.reduction = "none"
    expected = to_numpy(loss(y_true, y_pred))[::-1]
    assert_close(loss(y_true[::-1], y_pred[::-1]), expected, rtol=1e-5)


def unlabelled(y_true, y_pred, row, predicted):
    """A copy of a batch whose row has no label, and an absurd prediction."""
    y_true, y_pred = y_true.copy(), y_pred.copy()
    y_true[row] = -1 if y_true.dtype.kind == "i" else np.nan
    y_pred[row] = predicted
    return y_true, y_pred


def check_unlabelled_row_changes_nothing(make, tmp_path):
    loss, y_true, y_pred = make()
    kept = [0, 2]
    expected = loss(y_true[kept], y_pred[kept])
    expected_gradient = gradient(lambda p: loss(y_true[kept], p), y_pred[kept])
    for predicted in (np.inf, np.nan, -1e30):
        given, absurd = unlabelled(y_true, y_pred, 1, predicted)
        weight = np.array([1.0, 0.0, 1.0], "float32")
        value = loss(given, absurd, weight)
        assert_close(value, expected, rtol=1e-5)
        found = gradient(
            lambda p, given=given, weight=weight: loss(given, p, weight), absurd
        )
        assert_close(found[kept], expected_gradient, rtol=1e-4, atol=1e-6)
        assert_close(found[1], np.zeros_like(found[1]))


def check_no_label_at_all_is_zero(make, tmp_path):
    loss, y_true, y_pred = make()
    for row in range(len(y_pred)):
        y_true, y_pred = unlabelled(y_true, y_pred, row, np.nan)
    weight = np.zeros(len(y_pred), "float32")
    assert float(loss(y_true, y_pred, weight)) == 0.0
    found = gradient(lambda p: loss(y_true, p, weight), y_pred)
    assert_close(found, np.zeros_like(found))


def check_only_ratios_of_weights_matter(make, tmp_path):
    loss, y_true, y_pred = make()
    weight = np.array([1.0, 3.0, 0.5], "float32")
    expected = loss(y_true, y_pred, weight)
    assert_close(loss(y_true, y_pred, 8 * weight), expected, rtol=1e-5)
    loss.reduction = "none"
    rows = to_numpy(loss(y_true, y_pred))
    assert_close(expected, rows @ weight / weight.sum(), rtol=1e-5)


def check_zero_output_is_finite(make, tmp_path):
    loss, y_true, y_pred = make()
    zeros = np.zeros_like(y_pred)
    assert_finite(loss(y_true, zeros))
    assert_finite(gradient(lambda p: loss(y_true, p), zeros))


def check_loss_computes_in_full_precision(make, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    loss, y_true, y_pred = make()
    exact = loss(y_true, ops.cast(y_pred, "float16"))
    assert keras.backend.standardize_dtype(exact.dtype) == "float32"
    assert_close(exact, loss(y_true, y_pred), rtol=0.02, atol=0.01)


LOSS_CHECKS = [
    check_loss_config_round_trips,
    check_one_value_per_example,
    check_order_of_rows_does_not_matter,
    check_unlabelled_row_changes_nothing,
    check_no_label_at_all_is_zero,
    check_only_ratios_of_weights_matter,
    check_zero_output_is_finite,
    check_loss_computes_in_full_precision,
]


# Metrics.


def measured(metric, *batches):
    """The result of a metric over batches, from a clean start."""
    metric.reset_state()
    for batch in batches:
        metric.update_state(*batch)
    return to_numpy(metric.result())


def check_metric_config_round_trips(make, tmp_path):
    metric, y_true, y_pred = make()
    assert_config_has_every_argument(metric)
    twin = reload(metric)
    assert config_of(twin) == config_of(metric)
    expected = measured(metric, (y_true, y_pred))
    assert_close(measured(twin, (y_true, y_pred)), expected)


def check_metric_starts_again(make, tmp_path):
    metric, y_true, y_pred = make()
    before = measured(metric, (y_true, y_pred))
    metric.update_state(y_true[:1], y_pred[1:2])
    metric.reset_state()
    assert np.all(to_numpy(metric.result()) == 0)
    assert_close(measured(metric, (y_true, y_pred)), before)


def check_batches_add_up(make, tmp_path):
    metric, y_true, y_pred = make()
    weight = np.array([1.0, 2.0, 0.5], "float32")
    parts = [(y_true[i], y_pred[i], weight[i]) for i in ([0], [1, 2])]
    whole = measured(metric, (y_true, y_pred, weight))
    assert_close(measured(metric, *parts), whole, rtol=1e-6)


def check_weight_is_a_number_of_rows(make, tmp_path):
    metric, y_true, y_pred = make()
    weight = np.array([1.0, 2.0, 0.0], "float32")
    twice = [0, 1, 1]
    expected = measured(metric, (y_true[twice], y_pred[twice]))
    assert_close(
        measured(metric, (y_true, y_pred, weight)), expected, rtol=1e-6
    )


def check_unlabelled_row_does_not_count(make, tmp_path):
    metric, y_true, y_pred = make()
    expected = measured(metric, (y_true[[0, 2]], y_pred[[0, 2]]))
    if not isinstance(metric, metrics.Decoded):
        # As every model shows it.
        metric = metrics.Decoded(metric)
    absurd = np.nan if y_pred.dtype.kind == "f" else -9
    given, absurd = unlabelled(y_true, y_pred, 1, absurd)
    weight = np.array([1.0, 0.0, 1.0], "float32")
    assert_close(measured(metric, (given, absurd, weight)), expected)


METRIC_CHECKS = [
    check_metric_config_round_trips,
    check_metric_starts_again,
    check_batches_add_up,
    check_weight_is_a_number_of_rows,
    check_unlabelled_row_does_not_count,
]
