from mm_keras.layers.pyramid_vector_head import PyramidVectorHead
from mm_keras.layers.vector_head import VectorHead

VIEWS = ("vector", "pyramid")


def vector_head_for(view, units, hidden_units, levels):
    """Returns the head that makes one vector per example of a view.

    Args:
        view: `"vector"`, or `"pyramid"` for what is small in a picture.
        units: Number of outputs.
        hidden_units: Widths of hidden layers.
        levels: Names of the levels of the pyramid to look at; None means all.

    Raises:
        ValueError: If there is no such view, or it has no levels.
    """
    if view not in VIEWS:
        raise ValueError(
            f"Argument `view` expects one of {VIEWS}. Received: "
            f"view={view!r}. Choose the view that the encoders give."
        )
    if view == "pyramid":
        return PyramidVectorHead(units, hidden_units, levels=levels)
    if levels is not None:
        raise ValueError(
            "Argument `levels` expects `view='pyramid'`. Received: "
            f"levels={levels}, view={view!r}. A vector has no levels."
        )
    return VectorHead(units, hidden_units)
