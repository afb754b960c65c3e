"""Makes one picture, with its labels, of four pictures of a batch."""

import tensorflow as tf

_QUARTERS = ((0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5))


def check(tasks, inputs):
    """Raises if there is a task or an input that no mosaic can be made of.

    Args:
        tasks: List of `mm_keras.tasks.Task`.
        inputs: Dictionary of specifications of the inputs of one example.
    """
    wrong = [t.name for t in tasks if t.target.kind not in _JOINS]
    wrong += [
        name
        for name, spec in inputs.items()
        if spec.shape.rank != 3 or any(side % 2 for side in spec.shape[:2])
    ]
    if wrong:
        raise ValueError(
            "Argument `mosaic` of Augmentation expects pictures of even height "
            f"and width, and labels of these kinds: {sorted(_JOINS)}. "
            f"Received: {wrong}, of which four make no whole. Set mosaic=0, or "
            "leave them out."
        )


def make(inputs, targets, weights, chosen, tasks):
    """Makes the chosen rows of a batch the first quarter of a mosaic.

    The other three quarters show the three rows after it. A mosaic is
    labelled where all four are.

    Args:
        inputs: Dictionary of pictures, `(batch, height, width, channels)`.
        targets: Dictionary of labels by task.
        weights: Dictionary of `(batch,)` by task.
        chosen: Which rows become a mosaic, booleans `(batch,)`.
        tasks: List of `mm_keras.tasks.Task`.

    Returns:
        `(inputs, targets, weights)` of the same shapes.
    """
    joins = {task.name: _JOINS[task.target.kind] for task in tasks}
    return (
        {n: _choose(chosen, _join_images(v), v) for n, v in inputs.items()},
        {n: _choose(chosen, joins[n](v), v) for n, v in targets.items()},
        {n: _choose(chosen, _join_weights(v), v) for n, v in weights.items()},
    )


def _choose(chosen, mosaic, single):
    rows = tf.reshape(chosen, (-1, *[1] * (single.shape.rank - 1)))
    return tf.ensure_shape(tf.where(rows, mosaic, single), single.shape)


def _four(values):
    """The rows of a batch, and those that follow by one, two and three."""
    return [tf.roll(values, -step, axis=0) for step in range(4)]


def _tile(quarters):
    top, bottom = (tf.concat(quarters[i : i + 2], axis=2) for i in (0, 2))
    return tf.concat([top, bottom], axis=1)


def _join_images(images):
    halved = tf.nn.avg_pool2d(tf.cast(images, tf.float32), 2, 2, "VALID")
    if images.dtype.is_integer:
        halved = tf.round(halved)
    return _tile(_four(tf.cast(halved, images.dtype)))


def _join_maps(maps):
    return _tile(_four(maps[:, ::2, ::2]))


def _join_labels(labels):
    return tf.reduce_max(tf.stack(_four(labels)), axis=0)


def _join_weights(weights):
    return tf.reduce_min(tf.stack(_four(weights)), axis=0)


def _join_boxes(boxes):
    """The largest of all four, the real ones first."""
    count = boxes.shape[1]
    quarters = zip(_four(boxes), _QUARTERS, strict=True)
    moved = [_shrink(part, corner) for part, corner in quarters]
    moved = tf.concat(moved, axis=1)  # (batch, 4 * max_boxes, 5)
    areas = tf.reduce_prod(moved[..., 2:4] - moved[..., :2], axis=-1)
    areas = tf.where(moved[..., 4] < 0, -1.0, areas)
    largest = tf.sort(tf.math.top_k(areas, count).indices)
    kept = tf.gather(moved, largest, batch_dims=1)
    order = tf.argsort(tf.cast(kept[..., 4] < 0, tf.int32), stable=True)
    return tf.gather(kept, order, batch_dims=1)


def _shrink(boxes, corner):
    """Moves boxes into a quarter; padding stays -1."""
    moved = boxes[..., :4] / 2 + tf.constant(corner * 2)
    moved = tf.concat([moved, boxes[..., 4:]], axis=-1)
    return tf.where(boxes[..., 4:] < 0, -1.0, moved)


_JOINS = {
    "boxes": _join_boxes,
    "depth": _join_maps,
    "labels": _join_labels,
    "mask": _join_maps,
}
