import keras

from mm_keras import export
from mm_keras.export import verification
from mm_keras.training.loading import load_model


def write(model, folder, inputs, found):
    """Writes a model to files, loads them and compares their outputs.

    Args:
        model: A `mm_keras.MultiTaskModel`.
        folder: Folder for `model.keras` and `saved_model`.
        inputs: Dictionary of examples to compare on.
        found: What the serving model predicts for them.

    Returns:
        Dictionary from file to the largest difference of an output.

    Raises:
        RuntimeError: If a file gives other outputs than the model.
    """
    model_file, served_folder = folder / "model.keras", folder / "saved_model"
    inputs = verification.example_inputs(model, inputs)
    model.save(model_file)
    export.to_saved_model(model, served_folder, examples=inputs)
    loaded = load_model(model_file)
    served = keras.layers.TFSMLayer(served_folder, call_endpoint="serve")
    return {
        "model.keras": compare(
            model_file,
            model.predict(inputs, verbose=0),
            loaded.predict(inputs, verbose=0),
        ),
        "saved_model": compare(served_folder, found, served(inputs)),
    }


def compare(file, expected, found):
    """Returns the largest difference of an output; raises if it is large."""
    difference = max(
        verification.largest_difference(value, found[name])
        for name, value in expected.items()
    )
    if not difference <= verification.TOLERANCE:
        raise RuntimeError(
            f"{file} was expected to give the outputs of the model to within "
            f"{verification.TOLERANCE}. Received: a difference of "
            f"{difference:.3g}. Do not use the file; please report it."
        )
    return difference
