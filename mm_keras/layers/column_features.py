"""What layers that join the features of several tasks have in common."""

import numbers

import numpy as np


def check_self_weight(self_weight, layer):
    if not isinstance(self_weight, numbers.Real) or not 0 <= self_weight <= 1:
        raise ValueError(
            f"Argument `self_weight` of {layer} expects a number from 0 to 1. "
            f"Received: self_weight={self_weight!r}. 1 starts from separate "
            "tasks, 0.9 is usual."
        )


def check_shapes(shapes, layer):
    """Returns the shapes of all features, a list, once they are equal."""
    if isinstance(shapes, dict):
        listed = list(shapes.values())
    else:
        listed = list(shapes) if isinstance(shapes, list) else [shapes]
    # Batch and size may be unknown; the channels have to be known.
    known = {tuple(shape[1:]) for shape in listed}
    if len(listed) < 2 or len(known) > 1 or listed[0][-1] is None:
        raise ValueError(
            f"{layer} expects a dictionary or a list of at least two tensors "
            f"of one shape, (batch, ..., channels). Received: {shapes}. Stitch "
            "copies of one encoder, at the same stage."
        )
    return listed


def first_weights(self_weight, num_tasks):
    """Returns a (num_tasks, num_tasks) matrix whose rows have the sum 1."""
    other = (1.0 - self_weight) / (num_tasks - 1)
    weights = np.full((num_tasks, num_tasks), other, "float32")
    np.fill_diagonal(weights, self_weight)
    return weights


def as_list(features):
    """Returns the features of all tasks: by name, those of a list in order."""
    # Not every version and file keeps the order of a dictionary.
    if isinstance(features, dict):
        return [features[name] for name in sorted(features)]
    return list(features)


def like(features, tensors):
    """Returns what `as_list` made a list of, with other tensors."""
    if isinstance(features, dict):
        named = dict(zip(sorted(features), tensors, strict=True))
        return {name: named[name] for name in features}
    return tensors
