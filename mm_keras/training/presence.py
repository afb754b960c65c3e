"""Inputs that say whether a modality is there."""

import numpy as np
from keras import ops

from mm_keras.training import checks

# An encoder whose modality may be absent has an input of this ending.
ENDING = "_present"


def named(inputs, expected):
    """Returns all inputs of a model by name, or raises.

    Args:
        inputs: What the user passed: a dictionary from input to tensor.
        expected: The inputs of the model, a dictionary. Modalities that may be
            absent are present where `inputs` does not say.
    """
    checks.check_keys(inputs, expected, "inputs")
    inputs = complete(inputs, expected)
    checks.check_keys(inputs, expected, "inputs", needed=True)
    return inputs


def complete(inputs, expected):
    """Returns inputs in which modalities that may be absent are present.

    Args:
        inputs: Dictionary from input to tensor.
        expected: Names of the inputs of a model. Where `<modality>_present` is
            missing, the modality counts as present in every row.
    """
    missing = [
        name
        for name in expected
        if name.endswith(ENDING)
        and name not in inputs
        and name.removesuffix(ENDING) in inputs
    ]
    flags = {n: everywhere(inputs[n.removesuffix(ENDING)]) for n in missing}
    return {**inputs, **flags}


def everywhere(modality):
    """Returns ones of shape `(batch,)`."""
    if isinstance(modality, np.ndarray):
        # Keras takes no mixture of arrays and tensors.
        return np.ones(len(modality), "float32")
    first = modality[(slice(None), *[0] * (len(modality.shape) - 1))]
    return ops.ones_like(first, dtype="float32")
