from keras import layers

POOLINGS = ("average", "max", "both", "flatten")


def pool(feature_map, pooling):
    """Reduces a feature map to the view `"vector"`.

    Args:
        feature_map: Symbolic tensor of shape `(batch, h, w, c)`.
        pooling: `"average"`, `"max"`, `"both"` (concatenated, average first) or
            `"flatten"`.

    Returns:
        A symbolic tensor of shape `(batch, d)`.
    """
    if pooling not in POOLINGS:
        raise ValueError(
            f"Argument `pooling` expects one of {POOLINGS}. "
            f"Received: pooling={pooling!r}. Use 'average' if in doubt."
        )
    if pooling == "flatten":
        if None in feature_map.shape[1:]:
            raise ValueError(
                "`pooling='flatten'` expects pictures of a fixed size. "
                f"Received: a feature map of {tuple(feature_map.shape[1:])}. "
                "Fix the size in `input_shape`, or pool by 'average'."
            )
        return layers.Flatten(name="flatten")(feature_map)
    pooled = []
    if pooling in ("average", "both"):
        layer = layers.GlobalAveragePooling2D(name="average_pool")
        pooled.append(layer(feature_map))
    if pooling in ("max", "both"):
        layer = layers.GlobalMaxPooling2D(name="max_pool")
        pooled.append(layer(feature_map))
    if len(pooled) == 1:
        return pooled[0]
    return layers.Concatenate(name="pool")(pooled)
