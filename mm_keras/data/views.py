"""Views: what a data set offers as inputs and as labels."""

from mm_keras.data.catalog import entry

_VIEWS = {}


def register_view(name):
    """Registers a function that says what a data set offers.

    A view maps one example of TFDS to two dictionaries: the inputs by
    modality, and the features that labels are read from. Tasks then choose
    features by name. Those of `mm_keras.data.catalog` have one already; a data
    set without a view offers all its features as both.

    Args:
        name: Name of the data set, with its configuration
            (`"coco/2017"`) or without (`"coco"`).

    Returns:
        A decorator of functions `view(example) -> (inputs, features)`. They
        run inside `tf.data`, so they use TensorFlow operations.

    Example:

    >>> @mm_keras.data.register_view("stanford_dogs")
    ... def dogs(example):
    ...     features = {"breed": example["label"], "dogs": example["objects"]}
    ...     return {"image": example["image"]}, features
    """

    def decorate(view):
        _VIEWS[name] = view
        return view

    return decorate


def find_view(name):
    """Returns the view of a data set: the most specific one registered.

    One of the user's goes before that of the catalog.
    """
    full = name.split(":")[0]
    for known in (full, full.split("/")[0]):
        if known in _VIEWS:
            return _VIEWS[known]
    known = entry.find(name)
    return known.view if known else everything


def find_derived(name):
    """Returns what follows from groups of objects in the view in force.

    Returns:
        Dictionary of `mm_keras.data.derived.Derived` by feature, empty for a
        view of the user's.
    """
    known = entry.find(name)
    in_force = known is not None and find_view(name) is known.view
    return known.derived if in_force else {}


def everything(example):
    """Offers every feature as an input and as a label."""
    return dict(example), dict(example)
