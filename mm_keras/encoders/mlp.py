import keras
from keras import layers


def mlp(input_shape, units=(128, 128), *, activation="relu", name=None):
    """Encodes a table, or anything of fixed size, with dense layers.

        features -> [flatten] -> dense `stage1` -> dense `stage2` ... -> vector

    Args:
        input_shape: Number of features, or the shape of one example, which is
            flattened.
        units: Width of each layer, at least one.
        activation: Activation of each layer.
        name: Name of the model.

    Returns:
        A functional model with the view `"vector"`, of shape
        `(batch, units[-1])`, and one stage per layer.

    Raises:
        ValueError: If `units` is empty.

    Example:

    >>> encoder = mm_keras.encoders.mlp(6, units=(32, 16))
    >>> tuple(encoder(np.zeros((2, 6)))["vector"].shape)
    (2, 16)
    """
    if not units:
        raise ValueError(
            "Argument `units` of mlp expects the width of at least one layer. "
            f"Received: units={units}. Pass for example (128,)."
        )
    shape = (input_shape,) if isinstance(input_shape, int) else input_shape
    inputs = keras.Input(shape, name="features")
    x = inputs if len(shape) == 1 else layers.Flatten(name="flatten")(inputs)
    for i, width in enumerate(units, start=1):
        x = layers.Dense(width, activation=activation, name=f"stage{i}")(x)
    return keras.Model(inputs, {"vector": x}, name=name or "mlp")
