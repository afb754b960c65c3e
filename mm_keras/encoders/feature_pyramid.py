from keras import layers


def feature_pyramid(feature_maps, channels, levels=None):
    """Adds a feature pyramid to the stages of a trunk.

    Fine feature maps see little, coarse ones have lost where things are. Going
    from coarse to fine, each level adds what the coarser one knows:

        stage4 -> 1x1 conv -----------------> 3x3 conv -> P5
                      | upsample
        stage3 -> 1x1 conv -> + ------------> 3x3 conv -> P4
                              | upsample
        stage2 -> 1x1 conv -> + ------------> 3x3 conv -> P3

    Args:
        feature_maps: Dict from level to symbolic tensor of shape
            `(batch, h, w, c)`, where `P<l>` has stride `2 ** l`.
        channels: Number of channels of every level of the pyramid.
        levels: Names of consecutive levels. Defaults to the last three.

    Returns:
        Dict from level to symbolic tensor of `channels`, finest level first.

    Raises:
        ValueError: If `levels` are unknown or skip one.

    Reference:
        [Lin et al., 2017](https://arxiv.org/abs/1612.03144).
    """
    levels = choose(list(feature_maps), levels)
    merged, pyramid = None, {}
    for level in reversed(levels):
        lateral = layers.Conv2D(channels, 1, name=f"{level}_lateral")
        finer = lateral(feature_maps[level])
        if merged is not None:
            upsample = layers.UpSampling2D(2, name=f"{level}_upsample")
            finer = layers.Add(name=f"{level}_add")([finer, upsample(merged)])
        merged = finer
        smooth = layers.Conv2D(channels, 3, padding="same", name=level)
        pyramid[level] = smooth(merged)
    return {level: pyramid[level] for level in levels}


def choose(available, levels):
    """Returns the consecutive `levels` in order, by default the last three."""
    if levels is None:
        return available[-3:]
    chosen = [level for level in available if level in levels]
    first = available.index(chosen[0]) if chosen else 0
    consecutive = available[first : first + len(chosen)]
    if not chosen or chosen != consecutive or len(chosen) != len(levels):
        raise ValueError(
            f"Argument `levels` expects consecutive levels among {available}. "
            f"Received: levels={tuple(levels)}. The finest level depends on "
            "the stride of the stem, the coarsest on the number of stages."
        )
    return chosen


def check_divisible(input_shape, largest_stride):
    """Refuses pictures whose feature maps would not fit on each other."""
    sizes = tuple(input_shape[:2])
    wrong = [size for size in sizes if size and size % largest_stride]
    if len(input_shape) != 3 or wrong:
        raise ValueError(
            "Argument `input_shape` expects (height, width, channels), height "
            f"and width multiples of {largest_stride}, the largest stride. "
            f"Received: input_shape={tuple(input_shape)}. Resize or pad the "
            "pictures, or choose a smaller stride."
        )
