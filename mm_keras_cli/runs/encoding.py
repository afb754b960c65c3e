"""The encoders of a run: one for each input."""

from mm_keras import encoders
from mm_keras_cli import list as listing
from mm_keras_cli import part_arguments
from mm_keras_cli.part_arguments import Part


def make_encoders(asked, inputs, text):
    """Makes an encoder for each input.

    Args:
        asked: List of `Part`. One without a modality is for the only input.
        inputs: Dictionary from input to the `tf.TensorSpec` of its batches.
        text: A `keras.layers.TextVectorization`, or None.

    Raises:
        ValueError: If it is not clear which encoder is for which input, or one
            cannot be made.
    """
    by_input = {}
    for part in asked:
        name = part.modality or next(iter(inputs))
        unclear = part.modality is None and len(inputs) > 1
        if unclear or name not in inputs or name in by_input:
            raise ValueError(
                f"--encoder expects one encoder for each of {list(inputs)}. "
                f"Received: {', '.join(map(str, asked))}. Write for example "
                f"--encoder {next(iter(inputs))}={part.name}."
            )
        by_input[name] = part
    return {
        name: _make_encoder(by_input.get(name) or _usual(spec), spec, text)
        for name, spec in inputs.items()
    }


def check(asked):
    """Raises unless there are encoders of these names."""
    for part in asked:
        _find(part)


def _find(part):
    known = listing.functions(encoders)
    return part_arguments.find(known, part, "--encoder")


def _make_encoder(part, spec, text):
    make, given = _find(part), from_data(spec, text)
    return part_arguments.call(make, part, "--encoder", given)


def _usual(spec):
    """Returns the encoder of an input of which nothing was said."""
    if len(spec.shape) == 4:
        return Part("resnet", "18")
    return Part("lstm" if spec.dtype.is_integer else "mlp")


def from_data(spec, text):
    """Returns the arguments of an encoder that the data knows."""
    if spec.dtype.is_integer and len(spec.shape) == 2 and text is not None:
        return {
            "vocabulary_size": text.vocabulary_size(),
            "length": spec.shape[1],
        }
    return {"input_shape": tuple(spec.shape[1:])}
