import keras
from keras import layers

from mm_keras.encoders import applications
from mm_keras.encoders.residual_trunk import MOMENTUM

BUILDERS = {
    50: keras.applications.ResNet50,
    101: keras.applications.ResNet101,
    152: keras.applications.ResNet152,
}
LAST_BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def bottleneck_trunk(image, depth, weights):
    """Adds the stages of ResNet50, 101 or 152 of keras.applications.

    The pictures get the preprocessing of its ImageNet weights: channels in
    the order BGR, minus their means.

    Args:
        image: Symbolic tensor of shape `(batch, h, w, 3)`, RGB in 0-255.
        depth: 50, 101 or 152.
        weights: `None` or `"imagenet"`.

    Returns:
        Dict from level, P2 to P5, to symbolic tensor.
    """
    network = applications.build(
        BUILDERS[depth],
        applications.preprocess(image),
        weights,
        ("resnet", depth),
    )
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    stages = {}
    for stage, block in enumerate(LAST_BLOCKS[depth], start=1):
        last = network.get_layer(f"conv{stage + 1}_block{block}_out")
        last.name = f"stage{stage}"
        stages[f"P{stage + 1}"] = last.output
    return stages
