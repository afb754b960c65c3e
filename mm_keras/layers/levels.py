"""Layers that look at some levels of a pyramid, or at all of them alike."""


def choose(pyramid, levels, layer):
    """Returns the levels of a pyramid that a layer looks at.

    Args:
        pyramid: Dictionary from level, such as `"P2"`, to anything.
        levels: Names of levels, or None for all.
        layer: Name of the layer, for the message.

    Raises:
        ValueError: If a level is not there.
    """
    if levels is None:
        return pyramid
    missing = [level for level in levels if level not in pyramid]
    if missing:
        raise ValueError(
            f"{layer} expects the levels {tuple(levels)}. Received: "
            f"{sorted(pyramid)}, without {missing}. Choose among the levels "
            "of the encoder."
        )
    return {level: pyramid[level] for level in levels}


def shapes_of(shape_or_dict):
    """Returns a list of shapes, from one or from a dict of them."""
    if isinstance(shape_or_dict, dict):
        return list(shape_or_dict.values())
    return [shape_or_dict]


def one_width(shape_or_dict, layer):
    """Returns the width of a tensor, or of all levels of a pyramid.

    Args:
        shape_or_dict: A shape, or a dictionary from level to shape.
        layer: Name of the layer, for the message.

    Raises:
        ValueError: If levels differ in width.
    """
    widths = {shape[-1] for shape in shapes_of(shape_or_dict)}
    if len(widths) > 1:
        raise ValueError(
            f"{layer} expects levels of one width, since it has the same "
            f"weights for all. Received shapes: {shape_or_dict}. Use an "
            "encoder whose levels have the same number of channels, such as "
            "a feature pyramid."
        )
    return widths.pop()
