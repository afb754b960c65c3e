"""Features that follow from groups of objects, and stay true as they move.

What is said of all objects of a picture, such as which classes there are and
how many, is derived when an example is read, and once more after an
augmentation has moved the boxes: an object that left no longer counts.
"""

import collections.abc
import dataclasses

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Derived:
    """A feature that follows from groups of objects.

    Args:
        groups: Names of the groups: features that are dictionaries with
            `bbox`, `(objects, 4)`, and `label`, `(objects,)`.
        rule: Function of the class ids of each group that returns the
            feature.
    """

    groups: tuple
    rule: collections.abc.Callable


def of_objects(num_classes, objects="objects", crowds=None):
    """Says which classes there are, and how many objects.

    A crowd is a region with many objects: its class is there, and it makes
    all numbers unknown, NaN.

    Args:
        num_classes: Number of classes.
        objects: Name of the group of objects.
        crowds: Name of the group of crowds. None if there are none.

    Returns:
        Dictionary of `Derived`: `labels`, 0 or 1 for each class; `counts`,
        the objects of each class; `count`, the objects in all.
    """
    groups = (objects,) if crowds is None else (objects, crowds)

    def labels(*ids):
        present = _count_each(tf.concat(ids, axis=0), num_classes) > 0
        return tf.cast(present, tf.float32)

    def counts(ids, *crowds):
        return _unless_crowded(_count_each(ids, num_classes), crowds)

    def count(ids, *crowds):
        return _unless_crowded(tf.cast(tf.shape(ids), tf.float32), crowds)

    rules = {"labels": labels, "counts": counts, "count": count}
    return {name: Derived(groups, rule) for name, rule in rules.items()}


def unless_any(group, derived):
    """Makes features unknown, NaN, where a group has any objects.

    Args:
        group: Name of a group, of which `label` is enough.
        derived: Dictionary of `Derived` by feature.

    Returns:
        Dictionary of `Derived` by feature.
    """
    return {
        name: Derived((*feature.groups, group), _unless_any(feature.rule))
        for name, feature in derived.items()
    }


def _unless_any(rule):
    def guarded(*ids):
        *given, unknown = ids
        return tf.where(tf.size(unknown) > 0, float("nan"), rule(*given))

    return guarded


def add(features, derived):
    """Returns features of one example with those that follow from them.

    Args:
        features: Dictionary of tensors and of groups.
        derived: Dictionary of `Derived` by feature.
    """
    return features | {
        name: feature.rule(*[features[g]["label"] for g in feature.groups])
        for name, feature in derived.items()
    }


def _count_each(ids, num_classes):
    return tf.reduce_sum(tf.one_hot(ids, num_classes), axis=0)


def _unless_crowded(numbers, crowds):
    crowded = sum(tf.size(ids) for ids in crowds) > 0
    return tf.where(crowded, float("nan"), numbers)
