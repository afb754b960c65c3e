import tensorflow as tf


def fill_unlabelled(targets, tasks, *, batch_size, sample_weights=None):
    """Gives missing labels weight 0 and a harmless, finite value.

    A label is missing where a class or pair id is -1, where a number, a label
    of several or a coordinate is NaN, where a box, a mask or all tags of a text
    are -1, where no pixel has a depth or no point is visible, or where there is
    no key for the task. Padding rows of -1 in a list of boxes are no missing
    label: an image without objects teaches something. Give it weight 0 if
    nobody looked for objects. Where some points of a row are visible, the
    others stay NaN.

    Args:
        targets: Dictionary of tensors by task, `(batch_size, ...)`.
        tasks: List of `mm_keras.tasks.Task`.
        batch_size: Number of rows, for tasks without a key. An int or a
            scalar tensor.
        sample_weights: Dictionary of tensors `(batch_size,)` by task, what
            labelled rows weigh. Tasks without a key weigh 1.

    Returns:
        `(targets, sample_weights)`, with a key for every task: tensors of the
        target's dtype, and float32 tensors of shape `(batch_size,)`.

    Raises:
        ValueError: If a task has no key and its target no fixed shape.

    Example:

    >>> task = mm_keras.tasks.classification("digit", 10)
    >>> mm_keras.data.fill_unlabelled(
    ...     {"digit": np.array([3, -1])}, [task], batch_size=2
    ... )[1]["digit"].numpy()
    array([1., 0.], dtype=float32)
    """
    filled, weights = {}, {}
    for task in tasks:
        values = targets.get(task.name)
        if values is None:
            values = _absent(task, batch_size)
            labelled = tf.zeros((batch_size,), tf.bool)
        else:
            values = tf.convert_to_tensor(values)
            labelled = is_labelled(values, task.target.kind)
        weight = tf.ones((batch_size,), tf.float32)
        if sample_weights and task.name in sample_weights:
            weight = tf.cast(sample_weights[task.name], tf.float32)
        filled[task.name] = _keep(labelled, values, task.target)
        weights[task.name] = tf.where(labelled, weight, 0.0)
    return filled, weights


def is_labelled(values, kind):
    """Says of each row whether it holds a label, as a tensor of booleans."""
    if kind in ("class", "pair"):
        return values >= 0
    if kind == "depth":
        return _all_rows(values > 0, tf.reduce_any)
    if kind in ("mask", "tags"):
        return _all_rows(values >= 0, tf.reduce_any)
    if kind == "labels":
        return _all_rows(values >= 0, tf.reduce_all)
    if kind == "points":
        return _all_rows(values == values, tf.reduce_any)
    present = _all_rows(values == values, tf.reduce_all)
    if kind == "box":
        present &= _all_rows(values != -1, tf.reduce_any)
    return present


def _all_rows(conditions, reduce):
    """Reduces all axes but the first. NaN compares false with anything."""
    return reduce(conditions, axis=list(range(1, conditions.shape.rank)))


def _keep(labelled, values, target):
    rows = tf.reshape(labelled, (-1, *[1] * (values.shape.rank - 1)))
    filler = tf.cast(target.filler, values.dtype)
    return tf.cast(tf.where(rows, values, filler), target.dtype)


def _absent(task, batch_size):
    target = task.target
    if None in target.shape:
        raise ValueError(
            f"Task {task.name!r} expects labels of shape {target.shape}, which "
            "cannot be made up where they are missing. Received: no labels at "
            f"all for {task.name!r}. Give an array of -1, or of NaN, instead."
        )
    filler = tf.cast(target.filler, target.dtype)
    return tf.fill((batch_size, *target.shape), filler)
