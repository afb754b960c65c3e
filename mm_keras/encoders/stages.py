import itertools

import keras

from mm_keras.encoders import views


def stages(encoder):
    """Cuts an encoder into its stages.

    Structures that exchange features between networks, such as cross-stitch,
    work after every stage. The stages share their layers with the encoder;
    one after the other they are its trunk, without what `neck` computes:
    pooling, pyramid and so on.

    Args:
        encoder: A functional model with layers named `stage1`, `stage2`, ...,
            each the last of its stage. It may be one of
            `mm_keras.encoders.optional`.

    Returns:
        A list of functional models, from tensor to tensor. The first has the
        inputs of the encoder.

    Raises:
        ValueError: If the encoder has no stages.

    Example:

    >>> encoder = mm_keras.encoders.mlp(6, units=(32, 16))
    >>> first, second = mm_keras.encoders.stages(encoder)
    >>> tuple(second(first(np.zeros((2, 6)))).shape)
    (2, 16)
    """
    views.output_of(encoder)
    cuts = stage_outputs(encoder)
    if not cuts:
        raise ValueError(
            "`stages` expects an encoder with layers named 'stage1', 'stage2', "
            f".... Received: encoder {encoder.name!r} with the layers "
            f"{[layer.name for layer in encoder.layers]}. Name the last layer "
            "of each stage."
        )
    inputs = encoder.inputs
    first = inputs[0] if len(inputs) == 1 else inputs
    ends = itertools.pairwise([first, *cuts.values()])
    return [
        keras.Model(begin, end, name=f"{encoder.name}_stage{i}")
        for i, (begin, end) in enumerate(ends, start=1)
    ]


def stage_outputs(encoder):
    """Returns the outputs of `stage1`, `stage2`, ... by name, in order."""
    graph = encoder
    if isinstance(encoder, keras.Sequential):
        graph = encoder._functional
    # A layer may also serve other models: `layer.output` may be of these.
    found = {
        node.operation.name: node.output_tensors[0]
        for nodes in graph._nodes_by_depth.values()
        for node in nodes
    }
    names = itertools.takewhile(
        found.__contains__, (f"stage{i}" for i in itertools.count(1))
    )
    return {name: found[name] for name in names}
