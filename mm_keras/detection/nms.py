from keras import ops

from mm_keras.detection import overlap


def non_max_suppression(boxes, classes, valid, *, iou_threshold=0.6):
    """Keeps, of boxes that overlap, the one with the highest score.

    This is the greedy algorithm, exactly: go through the boxes in order, and
    keep a box unless one of its class that was kept before overlaps it by more
    than `iou_threshold`. It is written as the fixed point of

        keep[j] = valid[j] and not any_{i < j} (keep[i] and overlaps[i, j])

    which settles from the first box on, in as many rounds as the longest chain
    of boxes that suppress each other, usually three or four. It needs nothing
    but plain operations, so it compiles and exports everywhere.

    Args:
        boxes: `(batch, boxes, 4)`, in order of falling scores.
        classes: `(batch, boxes)`, integers.
        valid: `(batch, boxes)` bool, False for padding.
        iou_threshold: Greatest intersection over union that two boxes of a
            class may have, from 0 to 1.

    Returns:
        Mask `(batch, boxes)`, bool: which boxes to keep.

    Example:

    >>> boxes = np.array([[[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 0, 0.2, 0.2]]])
    >>> keep = mm_keras.detection.non_max_suppression(
    ...     boxes, np.array([[1, 1, 1]]), np.array([[True, True, True]])
    ... )
    >>> np.asarray(keep)
    array([[ True, False,  True]])
    """
    boxes = ops.convert_to_tensor(boxes)
    classes = ops.convert_to_tensor(classes)
    valid = ops.convert_to_tensor(valid)
    overlaps = _overlaps(boxes, classes, iou_threshold)

    def unsettled(keep, previous):
        return ops.any(keep != previous)

    def refine(keep, previous):
        rivals = ops.matmul(keep[:, None], overlaps)[:, 0]
        return ops.where(rivals > 0, 0.0, start), keep

    start = ops.cast(valid, "float32")
    keep, _ = ops.while_loop(
        unsettled,
        refine,
        (start, ops.full_like(start, -1.0)),
        maximum_iterations=boxes.shape[1],
    )
    return keep > 0


def _overlaps(boxes, classes, iou_threshold):
    """Matrix `(batch, boxes, boxes)`: 1 where row may suppress column."""
    intersection, union = overlap.intersection_and_union(
        boxes[:, :, None], boxes[:, None]
    )
    order = ops.arange(boxes.shape[1])
    suppresses = ops.logical_and(
        intersection > iou_threshold * union,
        classes[:, :, None] == classes[:, None],
    )
    suppresses = ops.logical_and(suppresses, order[:, None] < order[None])
    return ops.cast(suppresses, "float32")
