"""Moves the labels that belong to places of a picture along with it."""

import tensorflow as tf

from mm_keras.data import affine

_TINY = 1e-9


def move_boxes(features, placement, augment):
    """Moves all groups of boxes among the features of an example.

    They move before labels are read: what else a group says of its objects
    goes where a box goes, so classes that are read from it stay true.

    Args:
        features: Nested dictionary of tensors. A group is a dictionary with
            `bbox`, `(n, 4)`. One box, `(4,)`, moves as the label that it is.
        placement: A `mm_keras.data.placement.Placement`.
        augment: A `mm_keras.data.Augmentation`, or None.

    Returns:
        The features, moved.
    """
    if placement.matrix is None:
        return features
    return {
        name: _move_group(value, placement, augment)
        if isinstance(value, dict)
        else value
        for name, value in features.items()
    }


def _move_group(group, placement, augment):
    if "bbox" not in group or group["bbox"].shape.rank != 2:
        return move_boxes(group, placement, augment)
    boxes = tf.cast(group["bbox"], tf.float32)
    boxes = affine.move_boxes(placement.matrix, boxes)
    if placement.turn is None:
        return {**group, "bbox": boxes}
    share, boxes = clip(boxes)
    kept = tf.where((share >= augment.min_visible) & (share > 0))[:, 0]
    return {
        name: tf.gather(value, kept)
        for name, value in {**group, "bbox": boxes}.items()
    }


def clip(boxes):
    """Cuts boxes off at the edges of the picture.

    Returns:
        `(share, boxes)`: the share of the area of each that remains, and what
        remains of it. A box without area counts as its middle.
    """
    low, high = boxes[..., :2], boxes[..., 2:]
    inside = tf.minimum(high, 1.0) - tf.maximum(low, 0.0)
    shares = (inside + _TINY) / (high - low + _TINY)
    share = tf.reduce_prod(tf.clip_by_value(shares, 0.0, 1.0), axis=-1)
    return share, tf.clip_by_value(boxes, 0.0, 1.0)


def move_label(task, value, placement, augment):
    """Moves the label of a task, where it belongs to places of the picture.

    Args:
        task: A `mm_keras.tasks.Task`.
        value: Its label, as `mm_keras.data.targets.read_target` returns it.
        placement: A `mm_keras.data.placement.Placement`.
        augment: A `mm_keras.data.Augmentation`, or None.
    """
    move = _MOVERS.get(task.target.kind)
    return value if move is None else move(task, value, placement, augment)


def _move_box(task, box, placement, augment):
    """A box of which too little remains is no label any more."""
    if placement.matrix is None:
        return box
    moved = affine.move_boxes(placement.matrix, box)
    labelled = tf.reduce_any(box != -1)
    if placement.turn is not None:
        share, moved = clip(moved)
        # A box of NaN stays one: its share compares false with anything.
        gone = labelled & ((share < augment.min_visible) | (share == 0))
        moved = tf.where(gone, -1.0, moved)
    return tf.where(labelled, moved, box)


def _move_mask(task, mask, placement, augment):
    """Where there is no picture, pixels do not count, or are background."""
    ignored = (task.loss or {}).get("config", {}).get("ignore_class")
    fill = 0 if ignored is None else ignored
    if mask.dtype != tf.uint8 or not 0 <= fill <= 255:
        mask = tf.cast(mask, tf.int32)
    return placement.map(mask, fill)


def _move_depth(task, depth, placement, augment):
    """Depths stay what was measured: nothing comes nearer by zooming in."""
    return placement.map(depth, float("nan"))


def _move_points(task, points, placement, augment):
    """Points that leave the picture are not visible any more."""
    if placement.matrix is None:
        return points
    moved = affine.move_points(placement.matrix, points)
    if placement.turn is None:
        return moved
    outside = tf.reduce_any((moved < 0) | (moved > 1), axis=-1, keepdims=True)
    moved = tf.where(outside, float("nan"), moved)
    order = _swapped_order(task, augment.point_swaps)
    return tf.where(placement.mirrored, tf.gather(moved, order), moved)


def _swapped_order(task, swaps):
    """Which point of a mirror image each point is read from."""
    count = task.target.shape[0]
    order = list(range(count))
    for one, other in swaps:
        if max(one, other) >= count:
            raise ValueError(
                f"Task {task.name!r} expects `point_swaps` among its {count} "
                f"points, 0 to {count - 1}. Received: {(one, other)}. Count "
                "the points of the task from 0."
            )
        order[one], order[other] = other, one
    return order


_MOVERS = {
    "box": _move_box,
    "depth": _move_depth,
    "mask": _move_mask,
    "points": _move_points,
}
