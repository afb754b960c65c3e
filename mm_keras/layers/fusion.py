import keras

from mm_keras.layers.attention_fusion import AttentionFusion
from mm_keras.layers.concatenation import Concatenation

NAMES = {"attention": AttentionFusion, "concatenate": Concatenation}


def fusion(name_or_layer, name=None):
    """Returns the layer that fuses vectors, from its name or as it is.

    Args:
        name_or_layer: `"concatenate"` or `"attention"`, for a new layer with
            default arguments; or a layer, such as
            `mm_keras.layers.AttentionFusion(units=64)`, which is called with
            a dict of vectors and a dict of presences.
        name: Name of the layer, for a copy with weights of its own. None
            takes a layer as it is, and names others `"fusion"`.

    Returns:
        A `keras.layers.Layer`.

    Raises:
        ValueError: If the name is unknown, or the argument is neither a name
            nor a layer.

    Example:

    >>> mm_keras.layers.fusion("concatenate").name
    'fusion'
    """
    if isinstance(name_or_layer, keras.layers.Layer):
        if name is None:
            return name_or_layer
        config = {**name_or_layer.get_config(), "name": name}
        return type(name_or_layer).from_config(config)
    if isinstance(name_or_layer, str) and name_or_layer in NAMES:
        return NAMES[name_or_layer](name=name or "fusion")
    raise ValueError(
        f"Argument `fusion` expects one of {sorted(NAMES)} or a layer. "
        f"Received: {name_or_layer!r}. Pass a name, or an instance such as "
        "`mm_keras.layers.AttentionFusion(units=64)`."
    )
