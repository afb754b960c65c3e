import keras
from keras import tree

from mm_keras.encoders import stages as stages_module
from mm_keras.encoders import views as views_module


def neck(encoder, wanted=None, name=None):
    """Returns what an encoder computes after its stages: its views.

    ```
    input -> stage1 -> stage2 -> stage3     `mm_keras.encoders.stages`
      |        |         |         |
      +--------+---------+---------+-> neck -> vector, pyramid, ...
    ```

    Structures that exchange features between networks run the stages one by
    one, and the neck on what came of them. The neck shares its layers with the
    encoder.

    Args:
        encoder: As in `mm_keras.encoders.stages`.
        wanted: Names of views. Defaults to all.
        name: Name of the neck. Defaults to that of the encoder and `_neck`.

    Returns:
        A functional model from a dictionary of tensors to one of views. Its
        inputs are those that the views need among the stages, named `stage1`
        and so on, and the inputs of the encoder, by their names.

    Raises:
        ValueError: If the encoder has no stages, or lacks a view.

    Example:

    >>> encoder = mm_keras.encoders.convnet((8, 8, 3), filters=(4, 6))
    >>> neck = mm_keras.encoders.neck(encoder, ["vector"])
    >>> list(neck.input)
    ['stage2']
    >>> tuple(neck({"stage2": np.ones((1, 2, 2, 6))})["vector"].shape)
    (1, 6)
    """
    stages_module.stages(encoder)
    name = name or f"{encoder.name}_neck"
    part = views_module.restrict(
        encoder, wanted or list(views_module.of(encoder)), name
    )
    cuts = {tensor.name: tensor for tensor in part.inputs}
    cuts |= stages_module.stage_outputs(part)
    entries = {
        source: keras.Input(
            batch_shape=tensor.shape, dtype=tensor.dtype, name=source
        )
        for source, tensor in cuts.items()
    }
    known = {id(cuts[source]): entry for source, entry in entries.items()}
    used = set()
    outputs = tree.map_structure(
        lambda tensor: anew(tensor, known, used), part.output
    )
    inputs = {n: entry for n, entry in entries.items() if id(cuts[n]) in used}
    return keras.Model(inputs, outputs, name=name)


def anew(tensor, known, used):
    """Returns a symbolic tensor, computed anew from other inputs.

    (`keras.Model(cuts, outputs)` would do the same, but where the input of the
    encoder is among the cuts, Keras spoils the encoder.)

    Args:
        tensor: A symbolic tensor.
        known: Dictionary from the `id` of a tensor to what takes its place;
            what is computed is added.
        used: Set, to which the ids of those tensors are added that are needed.
    """
    used.add(id(tensor))
    if id(tensor) not in known:
        history = tensor._keras_history
        node = history.operation._inbound_nodes[history.node_index]
        given = {id(t): anew(t, known, used) for t in node.input_tensors}
        args, kwargs = node.arguments.fill_in(given)
        results = tree.flatten(node.operation(*args, **kwargs))
        known |= zip(map(id, node.output_tensors), results, strict=True)
    return known[id(tensor)]
