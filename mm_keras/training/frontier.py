"""Cuts a functional model where the shared part ends."""

import keras

from mm_keras.encoders.neck import anew


def split(model):
    """Cuts a model into what several tasks share, and the rest.

    The frontier is made of the tensors that come from operations which
    several outputs depend on, and go to operations which only one output
    depends on.

    ```
    inputs -> trunk -> frontier -> rest -> outputs
    ```

    Args:
        model: A functional model whose output is a dictionary.

    Returns:
        Two functional models over the layers of `model`, `trunk`, from its
        inputs to the list of the frontier's tensors, and `rest`, from that
        list to its outputs; and for each tensor whether it is learned: inputs
        that only one output depends on are part of the frontier too.

    Raises:
        ValueError: If no two outputs share anything that has weights.
    """
    frontier = find(model)
    learned = [_is_learned(tensor) for tensor in frontier]
    if not any(learned):
        raise ValueError(
            "`level='features'` expects tasks that share a part of the model. "
            f"Received: a model with the outputs {list(model.output)}, which "
            "share nothing. Use `level='parameters'` or no strategy."
        )
    trunk = keras.Model(model.input, frontier, name="trunk")
    return trunk, behind(frontier, model.output), learned


def behind(frontier, outputs):
    """Returns a model from the tensors of the frontier to the outputs.

    (`keras.Model(frontier, outputs)` would do the same, but where an input is
    at the frontier, Keras spoils the model, which then cannot be saved.)
    """
    entries = [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype)
        for tensor in frontier
    ]
    known = {
        id(tensor): entry
        for tensor, entry in zip(frontier, entries, strict=True)
    }
    found = {name: anew(t, known, set()) for name, t in outputs.items()}
    return keras.Model(entries, apart(found, entries), name="rest")


def apart(outputs, entries):
    """Returns the outputs, none of which is an input itself.

    A later task may read an output, which then is at the frontier. Keras loses
    the readers of a tensor that is both an input and an output of a model.
    """
    ids = {id(tensor) for tensor in entries}
    return {
        name: keras.layers.Identity(dtype=tensor.dtype)(tensor)
        if id(tensor) in ids
        else tensor
        for name, tensor in outputs.items()
    }


def find(model):
    """Returns the tensors at which the shared part of a model ends."""
    readers = _outputs_behind(model)
    frontier = {}
    for node in _nodes(model):
        if len(readers[id(node)]) > 1:
            continue
        for tensor in node.input_tensors:
            source = node_of(tensor)
            if len(readers[id(source)]) > 1 or source.is_input:
                frontier[id(tensor)] = tensor
    for tensor in model.output.values():
        if len(readers[id(node_of(tensor))]) > 1:
            frontier[id(tensor)] = tensor
    return list(frontier.values())


def node_of(tensor):
    """Returns the call of an operation that made a symbolic tensor."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _nodes(model):
    """Returns the calls in a model, those nearest to the inputs first."""
    depths = sorted(model._nodes_by_depth, reverse=True)
    return [n for depth in depths for n in model._nodes_by_depth[depth]]


def _outputs_behind(model):
    """Returns the names of the outputs that depend on each call, by its id."""
    readers = {id(node): set() for node in _nodes(model)}
    for name, tensor in model.output.items():
        readers[id(node_of(tensor))].add(name)
    for node in reversed(_nodes(model)):
        for tensor in node.input_tensors:
            readers[id(node_of(tensor))] |= readers[id(node)]
    return readers


def _is_learned(tensor):
    """Whether a tensor has gradients worth balancing: it is no input."""
    is_float = keras.backend.is_float_dtype(tensor.dtype)
    return is_float and not node_of(tensor).is_input
