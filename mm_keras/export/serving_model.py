import functools

import keras
import tensorflow as tf

from mm_keras.export.full_precision import full_precision
from mm_keras.export.full_precision import network
from mm_keras.export.full_precision import under_float32
from mm_keras.training import checks
from mm_keras.training import presence


@under_float32()
def serving_model(model, *, text=None, name="serving"):
    """Puts the decoding behind a trained model, and text reading before it.

    ```
    text --> vectorization -+
                            +-> model -> raw outputs -> decode -> flat names
    image ------------------+
    ```

    The outputs are what people read: `digits_boxes`, `digits_scores`,
    `digits_classes` and `digits_count` for a detection task named `digits`,
    probabilities for classes, class ids for masks. Every exported file gives
    the same numbers under the same names.

    Args:
        model: A `mm_keras.MultiTaskModel`. Its weights are shared, unless it
            computes in half precision: then the new model is a copy in
            float32.
        text: Dictionary from modality to an adapted
            `keras.layers.TextVectorization`, where strings come in. A single
            layer stands for the modality `"text"`.
        name: Name of the new model.

    Returns:
        A functional `keras.Model` from inputs by name to decoded outputs by
        name, with a fast path for one example, `predict_one`.

    Raises:
        ValueError: If `text` names no input of the model.

    Example:

    >>> table = mm_keras.encoders.mlp((4,), units=(8,))
    >>> tasks = [mm_keras.tasks.classification("kind", 3)]
    >>> model = mm_keras.models.hard_sharing({"table": table}, tasks)
    >>> serving = mm_keras.serving_model(model)
    >>> kind = serving.predict_one({"table": np.ones(4)})["kind"]
    >>> round(float(kind.sum()), 4)  # probabilities
    1.0
    """
    if text is not None and not isinstance(text, dict):
        text = {"text": text}
    checks.check_keys(text, model.input, "text")
    inputs = {
        name: _input(tensor, name in (text or {}))
        for name, tensor in model.input.items()
    }
    read = {name: layer(inputs[name]) for name, layer in (text or {}).items()}
    core = network(full_precision(model))
    outputs = decode(model.tasks, core({**inputs, **read}))
    return ServingModel(inputs, outputs, name=name)


def _input(tensor, is_text):
    if is_text:
        return keras.Input((), dtype="string", name=tensor.name)
    return keras.Input(
        batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name
    )


def decode(tasks, raw):
    """Returns decoded outputs under flat names.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
        raw: Dictionary from task to raw output.
    """
    outputs = {}
    for task in tasks:
        layer = task.make_decode()
        decoded = raw[task.name] if layer is None else layer(raw[task.name])
        if not isinstance(decoded, dict):
            decoded = {"": decoded}
        for key, value in decoded.items():
            name = f"{task.name}_{key}" if key else task.name
            check_free(name, task, outputs)
            outputs[name] = value
    return outputs


def check_free(name, task, outputs):
    """Raises where two tasks would give outputs of one name."""
    if name in outputs:
        raise ValueError(
            "Expected tasks whose decoded outputs have different names. "
            f"Received: a second output {name!r}, of task {task.name!r}. "
            "Rename one of the tasks."
        )


@keras.saving.register_keras_serializable(package="mm_keras")
class ServingModel(keras.Model):
    """A functional model with a fast path for one example.

    See `mm_keras.serving_model`, which makes it.
    """

    # This signature tells Keras that the class makes functional models.
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def __call__(self, inputs, *args, **kwargs):
        inputs = presence.named(inputs, self.input)
        return super().__call__(inputs, *args, **kwargs)

    def predict_one(self, inputs):
        """Predicts for one example, without the overhead of `predict`.

        Args:
            inputs: Dictionary from input to an array without batch axis.

        Returns:
            Dictionary from output to a NumPy array without batch axis.

        Raises:
            ValueError: If an input is missing or unknown, or has a batch axis.
        """
        checks.check_keys(inputs, self.input, "inputs")
        batch = {
            name: batch_of_one(value, self.input[name])
            for name, value in inputs.items()
        }
        batch = presence.named(batch, self.input)
        outputs = self._one_example(batch)
        return {name: value[0].numpy() for name, value in outputs.items()}

    @functools.cached_property
    def _one_example(self):
        """The model as a TensorFlow function of batches of one."""
        signature = {
            name: tf.TensorSpec((1, *tensor.shape[1:]), tensor.dtype)
            for name, tensor in self.input.items()
        }
        call = functools.partial(self, training=False)
        return tf.function(call, input_signature=[signature])


def batch_of_one(value, expected):
    """Returns an example with a batch axis, in the dtype of an input."""
    if expected.dtype == "string":
        batch = tf.constant(value)[None]
    else:
        batch = tf.cast(value, expected.dtype)[None]
    if not batch.shape.is_compatible_with((1, *expected.shape[1:])):
        raise ValueError(
            f"Input {expected.name!r} of predict_one expects one example, of "
            f"shape {tuple(expected.shape[1:])}. Received: shape "
            f"{tuple(batch.shape[1:])}. Pass an array without batch axis, or "
            "use `predict` for several examples."
        )
    return batch
