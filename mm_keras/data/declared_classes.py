"""Compares the classes that a data set of TFDS declares with those of tasks."""

from mm_keras.data import targets
from mm_keras.data import views


def check(builder, name, split, tasks):
    """Raises if a data set declares more classes than a task has room for.

    It looks at what the view in force hands on as it is, by whatever name.

    Args:
        builder: Builder of TFDS of a data set that is on disk.
        name: Name of the data set.
        split: Name of a split, or a part of one.
        tasks: List of `mm_keras.tasks.Task`.

    Raises:
        ValueError: If class ids would be out of range.
    """
    view = views.find_view(name)

    def look(example):
        _, features = view(example)
        declared = list(_declared(example, builder.info.features))
        for task in tasks:
            ids = _class_ids(task, features)
            counts = [count for value, count in declared if value is ids]
            _check_room(task, name, max(counts, default=0))
        return 0

    builder.as_dataset(split=split).map(look)


def _declared(example, features):
    """Yields each tensor of class ids, and how many classes there are."""
    for name, value in example.items():
        feature = features[name]
        if isinstance(value, dict):
            yield from _declared(value, feature)
        elif getattr(feature, "num_classes", None):
            yield value, feature.num_classes


def _class_ids(task, features):
    """The tensor of class ids that a task reads, or whatever it reads."""
    found = targets.find_feature(task, features)
    if task.target.kind == "boxes" and isinstance(found, dict):
        return found.get("label")
    return found


def _check_room(task, name, count):
    room = task.target.num_classes
    if room is not None and room < count:
        raise ValueError(
            f"Task {task.name!r} expects {room} classes. Received: data set "
            f"{name!r}, which has {count} of them. Set `num_classes={count}`."
        )
