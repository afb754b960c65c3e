from keras import tree

from mm_keras.layers.branching import Branching
from mm_keras.models import assembly


def fix_branches(model, *, optimizer="adam", balancing=None, name=None):
    """Returns the plain tree that a model of `branched` has learned.

    Every choice is replaced by the most probable one. Blocks that nobody has
    chosen are left out, with their weights; those which several chose are
    shared. Predictions are those of the branched model.

    Args:
        model: A model of `mm_keras.models.branched`. Its layers are shared,
            so that training one of the two changes the other.
        optimizer, balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the tree. Defaults to that of the model and `_fixed`.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If there is nothing to fix in the model.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.branched({"table": table}, tasks)
    >>> tree = mm_keras.models.fix_branches(model)
    >>> [layer.name for layer in tree.layers if "block" in layer.name]
    ['table_block1_stage1']
    """
    if not any(isinstance(layer, Branching) for layer in model.layers):
        raise ValueError(
            "`fix_branches` expects a model of `mm_keras.models.branched`. "
            f"Received: {model.name!r}, which has no branching layers. Use the "
            "model as it is."
        )
    known = {id(tensor): tensor for tensor in model.inputs}
    outputs = tree.map_structure(lambda t: chosen(t, known), model.output)
    return assembly.compiled(
        model.input,
        outputs,
        model.tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name or f"{model.name}_fixed",
    )


def chosen(tensor, known):
    """Returns a symbolic tensor without the choices on the way to it.

    Args:
        tensor: A symbolic tensor.
        known: Dictionary from the `id` of a tensor to what takes its place;
            what is computed is added.
    """
    if id(tensor) not in known:
        history = tensor._keras_history
        layer = history.operation
        node = layer._inbound_nodes[history.node_index]
        given = {id(t): chosen(t, known) for t in node.input_tensors}
        args, kwargs = node.arguments.fill_in(given)
        if isinstance(layer, Branching):
            (parents,) = args
            results = [parents[i] for i in layer.chosen()]
        else:
            results = layer(*args, **kwargs)
        results = tree.flatten(results)
        known |= zip(map(id, node.output_tensors), results, strict=True)
    return known[id(tensor)]
