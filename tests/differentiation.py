"""Gradients on whichever backend Keras runs, as NumPy arrays."""

import keras
from keras import ops


def gradient(function, values):
    """Gradient of a scalar function of one array."""
    values = ops.convert_to_tensor(values)
    if keras.backend.backend() == "jax":
        import jax

        return ops.convert_to_numpy(jax.jit(jax.grad(function))(values))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(values)
    return tf.convert_to_tensor(tape.gradient(result, values)).numpy()


def weight_gradients(layer, arguments, function):
    """Gradients of a scalar function of what a layer, built, gives.

    Args:
        layer: A built layer or model.
        arguments: Tuple of what to call it on.
        function: Maps outputs to a scalar. Losses that the layer adds join.

    Returns:
        Dictionary from the path of each trainable weight to an array, or None
        where the function does not depend on the weight.
    """
    if keras.backend.backend() == "jax":
        gradients = _with_jax(layer, arguments, function)
    else:
        gradients = _with_tensorflow(layer, arguments, function)
    return {
        weight.path: None if g is None else ops.convert_to_numpy(g)
        for weight, g in zip(layer.trainable_weights, gradients, strict=True)
    }


def _with_jax(layer, arguments, function):
    import jax

    fixed = [v.value for v in layer.non_trainable_variables]

    def scalar(weights):
        outputs, _, losses = layer.stateless_call(
            weights, fixed, *arguments, return_losses=True
        )
        return function(outputs) + sum(losses)

    return jax.jit(jax.grad(scalar))(
        [v.value for v in layer.trainable_variables]
    )


def _with_tensorflow(layer, arguments, function):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        outputs = layer(*arguments)
        result = function(outputs) + sum(layer.losses)
    gradients = tape.gradient(
        result, [v.value for v in layer.trainable_variables]
    )
    return [g if g is None else tf.convert_to_tensor(g) for g in gradients]
