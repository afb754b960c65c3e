"""What the checks of conformance share: comparing, reloading, inputs."""

import inspect
import json

import keras
import numpy as np
from keras import ops
from keras import tree


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
