"""From the inputs of all modalities to the features that heads read."""

import keras

from mm_keras import layers
from mm_keras.encoders import views as views_module
from mm_keras.layers.levels import choose
from mm_keras.training import presence


def shared_features(encoders, heads, fusion):
    """Builds what all tasks share: inputs, encoders and their fusion.

    Args:
        encoders: Dictionary from modality to encoder.
        heads: Dictionary from task to head. Their attribute `view` says what
            they read.
        fusion: Name or layer, for the vectors; see `mm_keras.layers.fusion`.

    Returns:
        The inputs by name, and the features by view: `"vector"`, `"tokens"`
        (a dictionary with `"tokens_mask"`), `"pyramid"` (a dictionary from
        level to feature map) and `"modalities"` (the vectors before fusion).

    Raises:
        ValueError: If a task reads a view that no encoder gives, or no task
            reads anything of an encoder.
    """
    check(encoders, heads)
    wanted = sorted({view_of(head) for head in heads.values()})
    inputs = inputs_of(encoders)
    return inputs, fuse(encode(encoders, inputs, wanted), wanted, fusion)


def view_of(head):
    """Returns the name of the view that a head reads."""
    return getattr(head, "view", "vector")


def read_by(head, shared):
    """Returns what a head reads of features, without levels it leaves out."""
    view = view_of(head)
    if view != "pyramid":
        return shared[view]
    levels = getattr(head, "levels", None)
    return choose(shared[view], levels, type(head).__name__)


def check(encoders, heads):
    """Raises unless heads and encoders fit.

    Every head reads a view that some encoder gives, and every encoder gives a
    view that some head reads.
    """
    if not isinstance(encoders, dict) or not encoders:
        raise ValueError(
            "Argument `encoders` expects a dictionary from modality to "
            f"encoder. Received: {encoders!r}. Pass for example "
            "`{'image': mm_keras.encoders.resnet(18, (64, 64, 3))}`."
        )
    offered = {m: list(views_module.of(e)) for m, e in encoders.items()}
    read = {task: source_of(view_of(head)) for task, head in heads.items()}
    for task, view in read.items():
        if not any(view in views for views in offered.values()):
            raise ValueError(
                f"Task {task!r} expects the view {view!r} of some encoder. "
                f"Received encoders with these views: {offered}. Add an "
                "encoder that gives it, or remove the task."
            )
    for modality, views in offered.items():
        if not set(views) & set(read.values()):
            raise ValueError(
                "Expected every encoder to give a view that a task reads, "
                f"among {sorted(set(read.values()))}. Received: encoder "
                f"{modality!r} with the views {views}. Remove it, or add a "
                "task that reads it."
            )


def inputs_of(encoders):
    """Returns a dictionary of symbolic inputs, named by modality.

    Args:
        encoders: Dictionary from modality to encoder. An optional one has a
            second input, named `<modality>_present`, of shape `(batch,)`.
    """
    inputs = {}
    for modality, encoder in encoders.items():
        names = [modality, modality + presence.ENDING]
        for name, tensor in zip(names, encoder.inputs, strict=False):
            inputs[name] = keras.Input(
                batch_shape=tensor.shape, dtype=tensor.dtype, name=name
            )
    return inputs


def encode(encoders, inputs, wanted, prefix=""):
    """Runs every encoder that is read; returns its views by modality.

    Args:
        encoders: Dictionary from modality to encoder.
        inputs: What `inputs_of` returned.
        wanted: Names of the views that some task reads.
        prefix: What the names of layers begin with, such as `"mask_"`.
    """
    encoded = {}
    for modality, encoder in encoders.items():
        asked = asked_of(encoder, wanted)
        if asked:
            name = f"{prefix}{modality}_encoder"
            part = views_module.restrict(encoder, asked, name)
            tensors = inputs_for(modality, inputs)
            encoded[modality] = part(
                tensors[0] if len(tensors) == 1 else tensors
            )
    return encoded


def asked_of(encoder, wanted):
    """Returns the views of an encoder that are wanted of it."""
    sources = {source_of(view) for view in wanted}
    return [view for view in views_module.of(encoder) if view in sources]


def inputs_for(modality, inputs):
    """Returns the inputs of one modality: itself, and its presence if any."""
    names = (modality, modality + presence.ENDING)
    return [inputs[name] for name in names if name in inputs]


def fuse(encoded, wanted, fusion, prefix=""):
    """Joins the views of all modalities; returns features by view.

    Args:
        encoded: What `encode` returned.
        wanted: Names of the views that some task reads.
        fusion: Name or layer, for the vectors; see `mm_keras.layers.fusion`.
        prefix: What the names of layers begin with, such as `"mask_"`.
    """
    name = f"{prefix}fusion"
    layer = layers.fusion(fusion, name if prefix else None)
    ways = {
        "vector": lambda given: fuse_vectors(given, encoded, layer),
        "tokens": lambda given: fuse_tokens(
            given, providers(encoded, "tokens_mask"), name
        ),
        "pyramid": lambda given: fuse_pyramids(given, name),
        "modalities": lambda given: given,
    }
    return {
        view: ways[view](providers(encoded, source_of(view))) for view in wanted
    }


def source_of(view):
    """Returns the view of an encoder that a view of the features is made of."""
    return "vector" if view == "modalities" else view


def providers(encoded, view):
    """Returns the views of one name by modality."""
    return {m: views[view] for m, views in encoded.items() if view in views}


def fuse_vectors(vectors, encoded, layer):
    """Joins vectors, and tells the fusion which of them are there."""
    if len(vectors) == 1:
        return next(iter(vectors.values()))
    flags = providers(encoded, "present")
    present = {m: flags[m] for m in vectors if m in flags}
    return layer(vectors, present) if present else layer(vectors)


def fuse_pyramids(pyramids, name):
    """Joins pyramids level by level, along the channels."""
    if len(pyramids) == 1:
        return next(iter(pyramids.values()))
    shapes = {
        modality: {level: t.shape[:-1] for level, t in pyramid.items()}
        for modality, pyramid in pyramids.items()
    }
    first = next(iter(shapes.values()))
    if any(other != first for other in shapes.values()):
        raise ValueError(
            "Expected the pyramids of all modalities to have the same levels "
            f"and sizes. Received: {shapes}. Give their encoders one input "
            "size and the same levels."
        )
    return {
        level: keras.layers.Concatenate(name=f"{name}_{level}")(
            [pyramid[level] for pyramid in pyramids.values()]
        )
        for level in first
    }


def fuse_tokens(tokens, masks, name):
    """Tokens of several modalities follow one another, with their masks."""
    if len(tokens) > 1:
        join = keras.layers.Concatenate(axis=1, name=f"{name}_tokens")
        join_masks = keras.layers.Concatenate(axis=1, name=f"{name}_masks")
        return {
            "tokens": join(list(tokens.values())),
            "tokens_mask": join_masks(list(masks.values())),
        }
    (modality,) = tokens
    return {"tokens": tokens[modality], "tokens_mask": masks[modality]}
