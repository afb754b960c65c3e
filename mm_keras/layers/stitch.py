import keras

from mm_keras.layers.cross_stitch import CrossStitch
from mm_keras.layers.nddr import NDDR

STITCHES = {"cross_stitch": CrossStitch, "nddr": NDDR}


def stitch(name_or_layer, name):
    """Returns a new layer that joins the columns of several tasks.

    Args:
        name_or_layer: `"cross_stitch"` or `"nddr"`; or a layer such as
            `mm_keras.layers.CrossStitch(0.8)`, of which a copy is made.
        name: Name of the layer.

    Returns:
        A `keras.layers.Layer`, to be called with a dictionary of features.

    Raises:
        ValueError: If the name is unknown, or the argument is neither a name
            nor a layer.
    """
    if isinstance(name_or_layer, keras.layers.Layer):
        config = {**name_or_layer.get_config(), "name": name}
        return type(name_or_layer).from_config(config)
    if isinstance(name_or_layer, str) and name_or_layer in STITCHES:
        return STITCHES[name_or_layer](name=name)
    raise ValueError(
        f"Argument `stitch` expects one of {sorted(STITCHES)} or a layer. "
        f"Received: {name_or_layer!r}. Pass a name, or an instance such as "
        "`mm_keras.layers.CrossStitch(self_weight=0.8)`."
    )
