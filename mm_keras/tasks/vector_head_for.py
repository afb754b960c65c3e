from mm_keras.layers.pyramid_vector_head import PyramidVectorHead
from mm_keras.layers.vector_head import VectorHead

HEADS = {"vector": VectorHead, "pyramid": PyramidVectorHead}


def vector_head_for(view, units, hidden_units):
    """Returns the head that makes one vector per example of a view.

    Args:
        view: `"vector"`, or `"pyramid"` for what is small in a picture.
        units: Number of outputs.
        hidden_units: Widths of hidden layers.
    """
    if view not in HEADS:
        raise ValueError(
            f"Argument `view` expects one of {sorted(HEADS)}. Received: "
            f"view={view!r}. Choose the view that the encoders give."
        )
    return HEADS[view](units, hidden_units)
