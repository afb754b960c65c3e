"""Exported files are run and compared with the model they were made from."""

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5
WORDS = ["a", "red", "three"]


def compare(folder, models, examples=None):
    """Runs every endpoint of a SavedModel and compares it with its model.

    Args:
        folder: Folder of the SavedModel.
        models: Dictionary from endpoint to functional model.
        examples: Dictionary of input arrays; where one is missing, it is made
            at random.

    Returns:
        Dictionary from endpoint to the largest difference, relative to the
        largest value of the output where that is above 1.

    Raises:
        ValueError: If a difference is above 1e-5.
    """
    loaded = tf.saved_model.load(folder)
    differences = {}
    for endpoint, model in models.items():
        inputs = example_inputs(model, examples or {})
        # Eager operations differ in the last digit, which reorders near ties.
        expected = model.predict_on_batch(inputs)
        found = getattr(loaded, endpoint)(inputs)
        for name, value in expected.items():
            difference = largest_difference(value, found[name])
            if not difference <= TOLERANCE:
                raise ValueError(
                    f"Endpoint {endpoint!r} expected the output {name!r} of "
                    f"the model to within {TOLERANCE}. Received: a difference "
                    f"of {difference:.3g}. The file was not kept; check that "
                    "the layers of the model are deterministic in inference."
                )
            differences[endpoint] = max(
                difference, differences.get(endpoint, 0.0)
            )
    return differences


def example_inputs(model, examples):
    """Returns a batch for a functional model, random where none is given."""
    rows = next((len(v) for n, v in examples.items() if n in model.input), 2)
    rng = np.random.default_rng(0)
    inputs = {}
    for name, tensor in model.input.items():
        given = examples.get(name)
        if given is None or (tensor.dtype == "string") != _is_text(given):
            given = random_input(rng, (rows, *tensor.shape[1:]), tensor.dtype)
        inputs[name] = tf.convert_to_tensor(given)
        if tensor.dtype != "string":
            inputs[name] = tf.cast(inputs[name], tensor.dtype)
    return inputs


def _is_text(array):
    return tf.convert_to_tensor(array).dtype == tf.string


def random_input(rng, shape, dtype):
    """Returns random pixels, ids or words; axes of any size get 32."""
    shape = [32 if size is None else size for size in shape]
    if dtype == "string":
        return np.array(rng.choice(WORDS, shape), dtype=object)
    if "int" in dtype:
        return rng.integers(0, 2, shape)
    return rng.uniform(0.0, 255.0, shape)


def largest_difference(expected, found):
    """Returns the largest absolute difference, relative above 1."""
    expected = np.asarray(expected, "float64")
    found = np.asarray(found, "float64")
    if expected.shape != found.shape or not expected.size:
        return 0.0 if expected.shape == found.shape else float("inf")
    size = max(1.0, float(np.max(np.abs(expected))))
    return float(np.max(np.abs(expected - found))) / size
