"""What the features of a data set of TFDS say of themselves."""

import numpy as np
from tensorflow_datasets import features as f


def describe(features, prefix=""):
    """Returns what features of TFDS say of themselves.

    Args:
        features: Dictionary of features.
        prefix: What stands before their names: `"objects/"`.

    Returns:
        Dictionary from the name of a feature to `(kind, arguments)`, without
        those of which no task is known.
    """
    found = {}
    for name, feature in features.items():
        found.update(_describe(prefix + name, feature))
    return found


def _describe(name, feature):
    """Returns what one feature, and those within it, are."""
    if isinstance(feature, f.ClassLabel):
        return {name: ("class", {"num_classes": feature.num_classes})}
    if isinstance(feature, f.BBoxFeature):
        return {name: ("box", {})}
    if isinstance(feature, f.FeaturesDict):
        return describe(feature, f"{name}/")
    if isinstance(feature, f.Sequence):
        return _describe_list(name, feature.feature)
    if type(feature) in (f.Scalar, f.Tensor) and len(feature.shape) <= 1:
        (units,) = feature.shape or (1,)
        if units and np.dtype(feature.np_dtype).kind == "f":
            return {name: ("number", {"units": units})}
    return {}


def _describe_list(name, inner):
    """Returns what a list of features is: boxes, or several classes."""
    found = {
        part.removeprefix("/"): what
        for part, what in _describe("", inner).items()
    }
    lists = {
        f"{name}/{part}".removesuffix("/"): ("labels", arguments)
        for part, (kind, arguments) in found.items()
        if kind == "class"
    }
    kinds = {part: kind for part, (kind, _) in found.items()}
    if kinds.get("bbox") == "box" and kinds.get("label") == "class":
        lists[name] = ("boxes", found["label"][1])
    return lists


def class_names(feature):
    """Returns the names of the classes of all features, a set of tuples."""
    if isinstance(feature, f.ClassLabel):
        return {tuple(feature.names)}
    if isinstance(feature, f.FeaturesDict):
        return set().union(*map(class_names, feature.values()))
    if isinstance(feature, f.Sequence):
        return class_names(feature.feature)
    return set()
