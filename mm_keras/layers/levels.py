"""Heads that look at some levels of a pyramid only."""


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
