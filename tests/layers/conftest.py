import keras
import pytest


def tensorflow_gradient(function, values):
    import tensorflow as tf

    values = tf.convert_to_tensor(values)
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(values)
    return tape.gradient(result, values).numpy()


def jax_gradient(function, values):
    import jax

    return keras.ops.convert_to_numpy(jax.grad(function)(values))


@pytest.fixture
def gradient():
    """The gradient of a scalar function of one array, on either backend."""
    backends = {"tensorflow": tensorflow_gradient, "jax": jax_gradient}
    return backends[keras.backend.backend()]
