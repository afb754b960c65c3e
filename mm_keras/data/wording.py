"""What a text says that an augmentation of its picture would make untrue."""

import re

import tensorflow as tf

SIDES = (
    *("left", "right", "leftmost", "rightmost", "leftward", "rightward"),
    *("leftwards", "rightwards", "clockwise", "counterclockwise"),
)
HEIGHTS = (
    *("above", "below", "over", "under", "beneath", "underneath", "up"),
    *("down", "top", "bottom", "upper", "lower", "upward", "downward"),
    *("upwards", "downwards", "highest", "lowest"),
)
COLORS = (
    *("red", "orange", "yellow", "green", "blue", "purple", "violet"),
    *("pink", "brown", "turquoise", "cyan", "magenta", "golden", "beige"),
)


def mentions(texts, words):
    """Says whether texts have one of some words, as a whole word.

    Args:
        texts: List of string tensors of any shape.
        words: Tuple of words; upper and lower case are the same.

    Returns:
        A boolean scalar.
    """
    if not texts or not words:
        return tf.constant(False)
    choices = "|".join(re.escape(word) for word in words)
    pattern = rf"(?is).*\b(?:{choices})\b.*"
    found = [
        tf.reduce_any(tf.strings.regex_full_match(text, pattern))
        for text in texts
    ]
    return tf.reduce_any(tf.stack(found))
