"""Turns features of a data set into the labels of tasks, one example a time."""

import tensorflow as tf


def read_target(task, features, inputs, index):
    """Reads the label of one task from one example.

    Args:
        task: A `mm_keras.tasks.Task`; its target names the feature. A `/`
            reaches into a group of features: `"digits/label"`.
        features: Dictionary of the features of one example.
        inputs: Dictionary of the inputs of one example.
        index: Number of the example in the data set, int64.

    Returns:
        A tensor of the shape that the target declares.
    """
    target = task.target
    if target.kind == "pair":
        return pair_id(find_feature(task, features), inputs, index)
    check_features([task], features)
    feature = find_feature(task, features)
    value = _CONVERTERS[target.kind](feature, target, task)
    return tf.ensure_shape(value, target.shape)


def check_features(tasks, features):
    """Raises if a data set lacks a feature that a task needs."""
    for task in tasks:
        needed = task.target.kind != "pair"
        if needed and find_feature(task, features) is None:
            raise ValueError(
                f"Task {task.name!r} expects the feature "
                f"{feature_name(task)!r}. Received a data set with: "
                f"{describe(features)}. Name the task after a feature, choose "
                "one with the target's `feature`, or make one with "
                "`mm_keras.data.register_view`."
            )


def feature_name(task):
    return task.target.feature or task.name


def find_feature(task, features):
    """Follows the name of a feature into nested dictionaries, or None."""
    for part in feature_name(task).split("/"):
        if not isinstance(features, dict) or part not in features:
            return None
        features = features[part]
    return features


def describe(features, prefix=""):
    """Lists names, dtypes and shapes of features, for messages."""
    parts = []
    for name, value in features.items():
        if isinstance(value, dict):
            parts.append(describe(value, f"{prefix}{name}/"))
        else:
            shape = tuple(value.shape)
            parts.append(f"{prefix}{name} {value.dtype.name} {shape}")
    return ", ".join(parts)


def pair_id(feature, inputs, index):
    """Ids of what belongs together.

    Rows with equal texts are positives of each other: a caption fits every
    picture that it describes. So the id is a hash of the text where there is
    one among the inputs, below 2 ** 24 as losses compare ids in float32, and
    else the number of the row. A feature named after the task comes first.
    """
    texts = [v for v in inputs.values() if v.dtype == tf.string]
    source = feature if feature is not None else (texts or [index])[0]
    if source.dtype == tf.string:
        source = tf.strings.reduce_join(source)
        source = tf.strings.to_hash_bucket_fast(source, 2**24)
    return tf.cast(source, tf.int32)


def _expect(condition, value, task, what):
    if not condition:
        received = (
            describe(value)
            if isinstance(value, dict)
            else f"{value.dtype.name} {tuple(value.shape)}"
        )
        raise ValueError(
            f"Task {task.name!r} expects the feature {feature_name(task)!r} to "
            f"be {what}. Received: {received}. Choose another feature with the "
            "target's `feature`, or convert it with "
            "`mm_keras.data.register_view`."
        )


def _to_class(value, target, task):
    what = "one integer per example"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.dtype.is_integer and value.shape.rank == 0, value, task, what)
    return tf.cast(value, target.dtype)


def _to_labels(value, target, task):
    """A list of varying length holds ids; of the right length, 0 and 1."""
    (size,) = target.shape
    what = f"{size} zeros and ones, or a list of class ids"
    _expect(not isinstance(value, dict), value, task, what)
    if value.shape.rank == 1 and value.shape[0] == size:
        return tf.cast(value, target.dtype)
    _expect(value.shape.as_list() == [None], value, task, what)
    _expect(value.dtype.is_integer, value, task, what)
    classes = tf.range(size, dtype=value.dtype)
    present = tf.reduce_any(value[:, None] == classes, axis=0)
    return tf.cast(present, target.dtype)


def _to_number(value, target, task):
    (units,) = target.shape
    what = f"{units} number(s) per example"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.dtype != tf.string, value, task, what)
    _expect(value.shape.num_elements() == units, value, task, what)
    return tf.reshape(tf.cast(value, target.dtype), (units,))


def _to_box(value, target, task):
    what = "one box: ymin, xmin, ymax, xmax"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.shape.as_list() == [4], value, task, what)
    return tf.cast(value, target.dtype)


def _to_boxes(value, target, task):
    """Joins boxes and labels; keeps the largest where there are too many."""
    what = "a list of {bbox, label}"
    _expect(isinstance(value, dict), value, task, what)
    _expect({"bbox", "label"} <= set(value), value, task, what)
    labels = tf.cast(value["label"], target.dtype)[:, None]
    boxes = tf.concat([tf.cast(value["bbox"], target.dtype), labels], axis=1)
    return pad_boxes(boxes, target.shape[0])


def pad_boxes(boxes, max_boxes):
    """Brings `(n, 5)` boxes to `(max_boxes, 5)`: the largest, then rows of -1.

    The boxes that stay keep their order.
    """
    areas = tf.reduce_prod(boxes[:, 2:4] - boxes[:, :2], axis=1)
    areas = tf.where(boxes[:, 4] < 0, -1.0, areas)
    kept = tf.minimum(tf.shape(boxes)[0], max_boxes)
    largest = tf.sort(tf.math.top_k(areas, kept).indices)
    padding = [[0, max_boxes - kept], [0, 0]]
    boxes = tf.pad(tf.gather(boxes, largest), padding, constant_values=-1)
    return tf.ensure_shape(boxes, (max_boxes, 5))


def _to_points(value, target, task):
    what = f"{target.shape[0]} points: y, x"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.shape.is_compatible_with(target.shape), value, task, what)
    _expect(value.dtype.is_floating, value, task, what)
    return tf.cast(value, target.dtype)


def _to_mask(value, target, task):
    """Stays small (uint8) until it is in a batch."""
    what = "a class id per pixel, (height, width, 1)"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.dtype.is_integer, value, task, what)
    if value.shape.rank == 2:
        value = value[..., None]
    _expect(value.shape.rank == 3 and value.shape[-1] == 1, value, task, what)
    return value


def _to_depth(value, target, task):
    """What is unknown, 0 or no finite number, becomes NaN."""
    what = "a depth per pixel, (height, width, 1)"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.dtype != tf.string, value, task, what)
    if value.shape.rank == 2:
        value = value[..., None]
    _expect(value.shape.rank == 3 and value.shape[-1] == 1, value, task, what)
    value = tf.cast(value, target.dtype)
    known = tf.math.is_finite(value) & (value > 0)
    return tf.where(known, value, float("nan"))


def _to_tags(value, target, task):
    """Cuts and pads to the length of the target."""
    what = "a list of class ids, one for each token"
    _expect(not isinstance(value, dict), value, task, what)
    _expect(value.dtype.is_integer and value.shape.rank == 1, value, task, what)
    (length,) = target.shape
    tags = tf.cast(value[:length], target.dtype)
    missing = [[0, length - tf.shape(tags)[0]]]
    return tf.pad(tags, missing, constant_values=-1)


_CONVERTERS = {
    "class": _to_class,
    "labels": _to_labels,
    "number": _to_number,
    "box": _to_box,
    "boxes": _to_boxes,
    "points": _to_points,
    "mask": _to_mask,
    "depth": _to_depth,
    "tags": _to_tags,
}
