from mm_keras import tasks
from mm_keras.data.catalog import entry

CONSTRUCTORS = {
    "class": tasks.classification,
    "labels": tasks.multi_label,
    "number": tasks.regression,
    "box": tasks.localization,
    "boxes": tasks.detection,
    "mask": tasks.segmentation,
    "depth": tasks.depth,
    "points": tasks.keypoints,
    "tags": tasks.tagging,
}


def tasks_of(name, features=None):
    """Makes the tasks that fit what a data set of the catalog offers.

    Numbers of classes and ignored pixels are filled in; all else is the
    default of each task. For other weights or heads make the tasks by hand,
    see `mm_keras.tasks`.

    Args:
        name: Name of the data set, as in `mm_keras.data.offers`.
        features: Names of features, each of which becomes a task. None takes
            all that a task can learn: no texts, no ids.

    Returns:
        List of `mm_keras.tasks.Task`, named like the features.

    Raises:
        ValueError: If the catalog does not know the data set, or a feature is
            none that a task can learn.

    Example:

    >>> tasks = mm_keras.data.tasks_of("oxford_iiit_pet", ["breed", "head"])
    >>> [(task.name, task.target.kind) for task in tasks]
    [('breed', 'class'), ('head', 'box')]
    """
    known = {
        feature: offered
        for feature, offered in entry.offers(name).features.items()
        if offered.kind in CONSTRUCTORS
    }
    unknown = [feature for feature in features or () if feature not in known]
    if unknown:
        raise ValueError(
            f"Argument `features` of tasks_of expects some of {list(known)}, "
            f"which data set {name!r} offers. Received: {unknown}. See "
            "`mm_keras.data.offers`."
        )
    return [
        _make(feature, known[feature])
        for feature in (known if features is None else features)
    ]


def _make(name, feature):
    size = () if feature.size is None else (feature.size,)
    return CONSTRUCTORS[feature.kind](name, *size, **feature.arguments)
