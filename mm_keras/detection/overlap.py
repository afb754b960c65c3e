"""How much boxes overlap. Boxes are ymin, xmin, ymax, xmax in any unit."""

from keras import ops


def area(boxes):
    """Area of boxes of shape `(..., 4)`; 0 where a side is negative."""
    height = ops.maximum(boxes[..., 2] - boxes[..., 0], 0.0)
    width = ops.maximum(boxes[..., 3] - boxes[..., 1], 0.0)
    return height * width


def intersection_and_union(boxes, others):
    """Areas that two boxes share and cover.

    Args:
        boxes: `(..., 4)`.
        others: `(..., 4)`, of a shape that broadcasts with `boxes`.

    Returns:
        Two tensors of shape `(...)`.
    """
    # Side by side: a last axis of 2 would be slow for all pairs of boxes.
    height, width = (
        ops.maximum(
            ops.minimum(boxes[..., high], others[..., high])
            - ops.maximum(boxes[..., low], others[..., low]),
            0.0,
        )
        for low, high in ((0, 2), (1, 3))
    )
    intersection = height * width
    return intersection, area(boxes) + area(others) - intersection


def generalized_iou(boxes, others):
    """Intersection over union, and its extension to boxes that do not touch.

    With `hull` the area of the smallest box around both, the second is
    `iou - (hull - union) / hull`: -1 for boxes far apart, 1 for equal ones,
    and with a slope everywhere between.

    Args:
        boxes: `(..., 4)`.
        others: `(..., 4)`, of a shape that broadcasts with `boxes`.

    Returns:
        Two tensors of shape `(...)`: iou, from 0 to 1, and giou, from -1 to 1.

    Reference:
        [Rezatofighi et al., 2019](https://arxiv.org/abs/1902.09630).
    """
    intersection, union = intersection_and_union(boxes, others)
    corner = ops.minimum(boxes[..., :2], others[..., :2])
    opposite = ops.maximum(boxes[..., 2:], others[..., 2:])
    hull = area(ops.concatenate([corner, opposite], axis=-1))
    # Two empty boxes have neither union nor hull.
    iou = intersection / ops.maximum(union, 1e-7)
    return iou, iou - (hull - union) / ops.maximum(hull, 1e-7)
