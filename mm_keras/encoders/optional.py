import keras
from keras import ops

from mm_keras import layers
from mm_keras.encoders import views
from mm_keras.losses.per_example import keep_rows


def optional(encoder):
    """Lets a modality be absent from some examples.

        x, present -> zero absent rows -> encoder -> stand-in per view -> views
                 +-------------------------------------------------> present

    The new encoder has a second input, `present`, positive where the example
    has the modality. In the other rows the input, whatever it holds, is set to
    zero, and each view is replaced by a trained stand-in. Of the tokens of an
    absent row the first counts as valid, so that no reader finds an empty
    sequence. Fusions read presence from the view `"present"`.

    Layers with statistics over the batch, such as BatchNormalization, still
    see the zeroed rows during training.

    Args:
        encoder: A functional model of one input. Its layers are shared.

    Returns:
        A functional model of two inputs, a list, with the views of the encoder
        and `"present"`, float32 zeros and ones of shape `(batch,)`.

    Raises:
        ValueError: If the encoder has more than one input.

    Example:

    >>> encoder = mm_keras.encoders.optional(mm_keras.encoders.mlp(4, (8,)))
    >>> x, present = np.full((2, 4), np.nan), np.array([0.0, 0.0])
    >>> float(np.sum(encoder([x, present])["vector"]))
    0.0
    """
    given = views.of(encoder)
    if len(encoder.inputs) != 1:
        raise ValueError(
            "`optional` expects an encoder of one input. Received: encoder "
            f"{encoder.name!r} with inputs "
            f"{[tensor.name for tensor in encoder.inputs]}. An encoder can be "
            "made optional once."
        )
    source = encoder.inputs[0]
    x = keras.Input(source.shape[1:], dtype=source.dtype, name=source.name)
    flag = keras.Input((), dtype="float32", name="present")
    present = ops.greater(flag, 0)
    flat = keras.Model(source, given)
    # Calling `flat` would nest it, and then no view could be left out.
    given = flat._run_through_graph(
        keep_rows(present, x, 0), operation_fn=lambda layer: layer
    )
    outputs = {view: stand_in(view, given, flag) for view in given}
    outputs["present"] = ops.cast(present, "float32")
    return keras.Model([x, flag], outputs, name=encoder.name)


def stand_in(view, given, flag):
    """Returns one view with the absent rows replaced."""
    if view == "tokens_mask":
        return first_where_absent(given[view], flag)
    if view == "pyramid":
        return {
            level: layers.StandIn(name=f"{level}_stand_in")(tensor, flag)
            for level, tensor in given[view].items()
        }
    return layers.StandIn(name=f"{view}_stand_in")(given[view], flag)


def first_where_absent(mask, flag):
    positions = ops.cumsum(ops.ones_like(mask, dtype="int32"), axis=1)
    # A symbolic tensor compares as an object: `positions == 1` would be False.
    first = ops.equal(positions, 1)
    return ops.where(ops.greater(flag, 0)[:, None], mask, first)
