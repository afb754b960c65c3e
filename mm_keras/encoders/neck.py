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
    inputs = {
        source: keras.Input(
            batch_shape=tensor.shape, dtype=tensor.dtype, name=source
        )
        for source, tensor in sources(part.outputs, cuts).items()
    }
    known = {id(cuts[source]): tensor for source, tensor in inputs.items()}
    rest = [tensor for tensor in part.outputs if id(tensor) not in known]
    known |= computed(rest, cuts, inputs)
    outputs = tree.map_structure(lambda t: known[id(t)], part.output)
    return keras.Model(inputs, outputs, name=name)


def computed(outputs, cuts, inputs):
    """Returns outputs anew, by the `id` of what they were.

    Args:
        outputs: List of symbolic tensors.
        cuts: Dictionary from name to symbolic tensor.
        inputs: Dictionary from name to the tensor to take the place of a cut.
    """
    if not outputs:
        return {}
    needed = sources(outputs, cuts)
    flat = keras.Model(list(needed.values()), outputs)
    # Calling `flat` would nest it.
    found = flat._run_through_graph(
        [inputs[name] for name in needed], operation_fn=lambda layer: layer
    )
    return {id(old): new for old, new in zip(outputs, found, strict=True)}


def sources(outputs, cuts):
    """Returns those tensors at which the way back from the outputs ends.

    Args:
        outputs: List of symbolic tensors.
        cuts: Dictionary from name to symbolic tensor, the inputs among them.
    """
    names = {id(tensor): name for name, tensor in cuts.items()}
    waiting, seen, found = list(outputs), set(), set()
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in names:
            found.add(names[id(tensor)])
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            history = tensor._keras_history
            node = history.operation._inbound_nodes[history.node_index]
            waiting.extend(node.input_tensors)
    return {name: cuts[name] for name in cuts if name in found}
