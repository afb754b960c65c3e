import itertools

import keras

from mm_keras.encoders import views


def stages(encoder):
    """Cuts an encoder into its stages.

    Structures that exchange features between networks, such as cross-stitch,
    work after every stage. The stages share their layers with the encoder;
    one after the other they are its trunk, without pooling and pyramid.

    Args:
        encoder: A functional model with layers named `stage1`, `stage2`, ...,
            each the last of its stage.

    Returns:
        A list of functional models, from tensor to tensor.

    Raises:
        ValueError: If the encoder has no stages, or may be absent.

    Example:

    >>> encoder = mm_keras.encoders.mlp(6, units=(32, 16))
    >>> first, second = mm_keras.encoders.stages(encoder)
    >>> tuple(second(first(np.zeros((2, 6)))).shape)
    (2, 16)
    """
    views.output_of(encoder)
    cuts = list(stage_outputs(encoder))
    if not cuts or len(encoder.inputs) != 1:
        raise ValueError(
            "`stages` expects an encoder of one input, with layers named "
            f"'stage1', 'stage2', .... Received: encoder {encoder.name!r} "
            f"with {len(encoder.inputs)} input(s) and {len(cuts)} stage(s). "
            "Name the last layer of each stage; cut an encoder before it "
            "becomes optional."
        )
    ends = itertools.pairwise([encoder.inputs[0], *cuts])
    return [
        keras.Model(begin, end, name=f"{encoder.name}_stage{i}")
        for i, (begin, end) in enumerate(ends, start=1)
    ]


def stage_outputs(encoder):
    """Yields the outputs of `stage1`, `stage2`, ... as far as they exist."""
    layers = {layer.name: layer for layer in encoder.layers}
    for i in itertools.count(1):
        if f"stage{i}" not in layers:
            return
        yield layers[f"stage{i}"].output
