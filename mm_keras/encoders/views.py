"""What encoders give to the rest of a model.

An encoder is a functional model from one input to a dict of views: `"vector"`,
`"tokens"` with `"tokens_mask"`, `"pyramid"`, and `"present"` if the modality
may be absent. A plain tensor stands for the view that its rank implies.
"""

import math

import keras
from keras import ops

NAMES = ("vector", "tokens", "tokens_mask", "pyramid", "present")


def of(encoder):
    """Returns the views of an encoder, as symbolic tensors.

    Args:
        encoder: A functional `keras.Model`, or a built `keras.Sequential`.
            Its output is a dict of views, or one tensor: of rank 2 a vector,
            of rank 3 tokens, all of them valid, and of rank 4 a pyramid of one
            level, named from its stride.

    Returns:
        Dict from the name of a view to a symbolic tensor; for `"pyramid"` to a
        dict from level to tensor.

    Raises:
        ValueError: If the encoder is not functional, or a view is unknown, or
            has the wrong rank, or misses its mask.

    Example:

    >>> from mm_keras.encoders import views
    >>> encoder = mm_keras.encoders.mlp(4, units=(8,))
    >>> {name: tensor.shape for name, tensor in views.of(encoder).items()}
    {'vector': (None, 8)}
    """
    output = output_of(encoder)
    if isinstance(output, dict):
        views = dict(output)
    else:
        views = implied(encoder, output)
    check(encoder, views)
    return views


def restrict(encoder, wanted, name):
    """Returns the part of an encoder that computes some of its views.

    The layers are shared, not copied. Those that only serve other views, such
    as a feature pyramid that no task reads, are left out, and so are their
    weights. `"tokens"` comes with `"tokens_mask"`, and `"present"` always
    stays.

    Args:
        encoder: As in `of`.
        wanted: Names of views.
        name: Name of the new model.

    Returns:
        A functional model whose output is a dict of views.

    Raises:
        ValueError: If the encoder has no such view.

    Example:

    >>> from mm_keras.encoders import views
    >>> encoder = mm_keras.encoders.resnet(18, (64, 64, 3), width=16)
    >>> trunk = views.restrict(encoder, ["vector"], "image")
    >>> trunk.count_params() < encoder.count_params()
    True
    """
    views = of(encoder)
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    missing = [view for view in wanted if view not in views]
    if missing or not wanted:
        raise ValueError(
            f"Encoder {encoder.name!r} has the views {list(views)}. "
            f"Received: wanted={wanted}. Ask for one of its views, or use an "
            "encoder that has the missing ones."
        )
    along = {"present"} | ({"tokens_mask"} if "tokens" in wanted else set())
    kept = {
        view: tensor
        for view, tensor in views.items()
        if view in along or view in wanted
    }
    inputs = encoder.inputs
    return keras.Model(
        inputs[0] if len(inputs) == 1 else inputs, kept, name=name
    )


def output_of(encoder):
    try:
        if isinstance(encoder, keras.Sequential):
            return encoder.outputs[0]
        return encoder.output
    except (AttributeError, ValueError) as error:
        raise ValueError(
            "An encoder has to be a functional keras.Model, or a Sequential "
            f"that begins with a keras.Input. Received: {encoder!r}. Build it "
            "from `keras.Input` on, so that its outputs are known."
        ) from error


def implied(encoder, output):
    """Returns the view that the rank of a plain output stands for."""
    rank = len(output.shape) if hasattr(output, "shape") else None
    if rank == 2:
        return {"vector": output}
    if rank == 3:
        valid = ops.ones_like(output[:, :, 0], dtype="bool")
        return {"tokens": output, "tokens_mask": valid}
    if rank == 4:
        return {"pyramid": {level_of(encoder, output): output}}
    raise ValueError(
        f"Encoder {encoder.name!r} should give a dict of views {NAMES}, or a "
        f"tensor of rank 2 (vector), 3 (tokens) or 4 (feature map). Received: "
        f"output={output}. Return a dict that names the views."
    )


def level_of(encoder, feature_map):
    """Returns the name of the level: `P3` for one pixel in 8 x 8."""
    sizes = tuple(encoder.inputs[0].shape[1:3])
    reduced = tuple(feature_map.shape[1:3])
    if None not in sizes + reduced:
        strides = {
            size / small for size, small in zip(sizes, reduced, strict=True)
        }
        level = math.log2(min(strides))
        if len(strides) == 1 and level == int(level) and level >= 0:
            return f"P{int(level)}"
    raise ValueError(
        f"The feature map of encoder {encoder.name!r} should divide its input "
        f"by a power of two. Received: input of {sizes}, output of {reduced}. "
        'Name the level yourself, as in {"pyramid": {"P3": feature_map}}.'
    )


def check(encoder, views):
    unknown = [view for view in views if view not in NAMES]
    if unknown or not views:
        raise ValueError(
            f"The output of encoder {encoder.name!r} should be a dict with "
            f"keys among {NAMES}. Received: {list(views)}. Rename or remove "
            f"{unknown or 'nothing, but add a view'}."
        )
    if ("tokens" in views) != ("tokens_mask" in views):
        raise ValueError(
            f"Encoder {encoder.name!r} should give both 'tokens' and "
            f"'tokens_mask'. Received: {list(views)}. Add a mask of shape "
            "(batch, length), true where a token is valid."
        )
    ranks = {"vector": 2, "tokens": 3, "tokens_mask": 2, "present": 1}
    for view, tensor in views.items():
        levels = tensor if view == "pyramid" else {view: tensor}
        check_ranks(encoder, view, levels, ranks.get(view, 4))


def check_ranks(encoder, view, tensors, rank):
    if not isinstance(tensors, dict):
        raise ValueError(
            f"View {view!r} of encoder {encoder.name!r} should be a dict from "
            f"level to feature map. Received: {tensors}. Name the level, as "
            'in {"P3": feature_map}.'
        )
    for name, tensor in tensors.items():
        if len(tensor.shape) != rank:
            raise ValueError(
                f"View {view!r} of encoder {encoder.name!r} should have rank "
                f"{rank}. Received: {name} of shape {tuple(tensor.shape)}. "
                "Pool or reshape it first."
            )
