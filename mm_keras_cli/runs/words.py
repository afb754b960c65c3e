"""The file of the layer that turns texts into ids."""

import keras


def save(layer, path):
    """Writes an adapted `keras.layers.TextVectorization`."""
    keras.Sequential([keras.Input((), dtype="string"), layer]).save(path)


def load(path):
    """Returns the layer of a file; None where there is no file."""
    return keras.models.load_model(path).layers[-1] if path.exists() else None
