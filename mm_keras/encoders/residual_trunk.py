from keras import layers

# Keras' default of 0.99 needs some 500 steps until the averages used at
# inference have caught up; short trainings would be scored on stale ones.
MOMENTUM = 0.9


def residual_trunk(image, blocks, width, stem_stride):
    """Adds the stages of a residual network with basic blocks.

    Args:
        image: Symbolic tensor of shape `(batch, h, w, c)`, scaled.
        blocks: Number of blocks of each stage.
        width: Channels of the first stage; they double from stage to stage.
        stem_stride: Stride before the first stage: 4 (7x7 convolution of stride
            2 and max pooling), 2 or 1 (3x3 convolution of that stride).

    Returns:
        Dict from level to symbolic tensor, with one level per stage. The last
        layer of each is named `stage1`, `stage2`, ....
    """
    x = stem(image, width, stem_stride)
    stages = {}
    level = {4: 2, 2: 1, 1: 0}[stem_stride]
    for stage, num_blocks in enumerate(blocks, start=1):
        for block in range(1, num_blocks + 1):
            last = block == num_blocks
            x = basic_block(
                x,
                width * 2 ** (stage - 1),
                strides=2 if stage > 1 and block == 1 else 1,
                name=f"stage{stage}_block{block}",
                output_name=f"stage{stage}" if last else None,
            )
        stages[f"P{level + stage - 1}"] = x
    return stages


def stem(x, width, stem_stride):
    size = 7 if stem_stride == 4 else 3
    x = convolution(x, width, size, min(stem_stride, 2), "stem")
    x = layers.ReLU(name="stem_relu")(x)
    if stem_stride == 4:
        x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    return x


def basic_block(x, channels, *, strides, name, output_name=None):
    """Two 3x3 convolutions, added to their input, then ReLU."""
    shortcut = x
    if strides > 1:
        # What a 1x1 convolution of that stride would read. TensorFlow 2.21
        # with oneDNN crashes on one of few channels, once a batch is smaller.
        pick = layers.MaxPooling2D(1, strides, name=f"{name}_pick")
        shortcut = pick(shortcut)
    if strides > 1 or x.shape[-1] != channels:
        shortcut = convolution(shortcut, channels, 1, 1, f"{name}_shortcut")
    x = convolution(x, channels, 3, strides, f"{name}_1")
    x = layers.ReLU(name=f"{name}_1_relu")(x)
    x = convolution(x, channels, 3, 1, f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=output_name or f"{name}_relu")(x)


def convolution(x, channels, size, strides, name):
    x = layers.Conv2D(
        channels,
        size,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_bn")(x)
