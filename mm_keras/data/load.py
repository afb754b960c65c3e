import tensorflow as tf

from mm_keras.data import catalog
from mm_keras.data import images
from mm_keras.data import preparing
from mm_keras.data import reading
from mm_keras.data.targets import read_target
from mm_keras.data.text import check_keeps_tokens
from mm_keras.data.unlabelled import fill_unlabelled

# Up to this size converted examples stay in memory, to be shuffled as a whole.
MEMORY_LIMIT = 512 * 2**20


def load(
    name,
    split,
    *,
    tasks=None,
    inputs=("image",),
    batch_size=32,
    image_size=None,
    text=None,
    shuffle=None,
    seed=None,
    drop_remainder=False,
    data_dir=None,
):
    """Loads a TFDS data set as batches that `fit` takes.

    Each task finds its label by name: in the feature that its target names,
    or in the one called like the task. The `digit_scenes` data set is built
    when it is absent; others must be on disk already.

    - Images stay as they are, in 0-255: encoders scale them.
    - Where an image has more objects than the target has room for, the
      largest boxes are kept.
    - Unlabelled rows get weight 0; see `mm_keras.data.fill_unlabelled`.
    - A pair id is that of the row's text, so equal captions are positives of
      each other; without a text among the inputs it is the row's number.
    - Shuffled data that takes less than half a gigabyte is decoded once, kept
      in memory and shuffled as a whole; else a buffer of that size is. Every
      epoch has another order.

    Args:
        name: Name of the data set: `"digit_scenes"`, `"coco/2017"`.
        split: Name of a split, or a part of one: `"train[:10%]"`.
        tasks: List of `mm_keras.tasks.Task`. An empty list gives inputs
            without labels. None gives all that the data set offers, as one
            dictionary with ragged tensors where lengths vary.
        inputs: Names of the modalities to feed. `digit_scenes` offers
            `"image"` and `"text"`.
        batch_size: Number of examples per batch.
        image_size: `(height, width)` that images and masks are resized to,
            without keeping proportions. None leaves them as they are.
        text: An adapted `keras.layers.TextVectorization` that turns texts
            into ids. None leaves them strings.
        shuffle: Whether to shuffle. None means: if it is the split "train",
            or a part of it.
        seed: Seed of the order. None takes one from the seed of Keras.
        drop_remainder: Whether to drop the last, smaller batch.
        data_dir: Folder of prepared data. None means that of TFDS.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`:
        dictionaries by modality, by task, and by task of shape `(batch,)`.

    Raises:
        ValueError: If the data set is not on disk, or does not offer an input
            or a label that fits the target of a task.

    Example:

    >>> tasks = [mm_keras.tasks.regression("count")]
    >>> train = mm_keras.data.load("digit_scenes", "train", tasks=tasks)
    >>> inputs, targets, sample_weights = next(iter(train))
    >>> inputs["image"].shape, targets["count"].shape
    (TensorShape([32, 64, 64, 3]), TensorShape([32, 1]))
    """
    if shuffle is None:
        shuffle = str(split).startswith("train")
    builder = preparing.find_builder(name, data_dir)
    dataset = reading.read_views(
        builder, name, split, shuffle_files=shuffle, seed=seed
    )
    reading.check_inputs(dataset, inputs, name)
    catalog.check_labelled(builder.info.full_name, split, tasks)
    check_keeps_tokens(text, tasks or ())
    if tasks is None:
        return _everything(dataset, batch_size, shuffle, seed)

    @tf.autograph.experimental.do_not_convert  # Errors stay readable.
    def convert(index, example):
        offered, features = example
        chosen = {modality: offered[modality] for modality in inputs}
        targets = {
            task.name: read_target(task, features, chosen, index)
            for task in tasks
        }
        if image_size is not None:
            chosen, targets = _resize(chosen, targets, tasks, image_size)
        return _vectorize(chosen, text), targets

    def weigh(inputs, targets):
        size = tf.shape(next(iter(inputs.values())))[0]
        return inputs, *fill_unlabelled(targets, tasks, batch_size=size)

    dataset = dataset.enumerate().map(convert, tf.data.AUTOTUNE)
    reading.check_static_shapes(dataset, name)
    if shuffle:
        dataset = _shuffle(dataset, seed)
    dataset = dataset.batch(batch_size, drop_remainder=drop_remainder)
    return dataset.map(weigh).prefetch(tf.data.AUTOTUNE)


def _resize(inputs, targets, tasks, size):
    inputs = {
        name: images.resize_image(value, size)
        if images.is_image(value)
        else value
        for name, value in inputs.items()
    }
    masks = {
        task.name: images.resize_mask(targets[task.name], size)
        for task in tasks
        if task.target.kind in ("mask", "depth")
    }
    return inputs, {**targets, **masks}


def _vectorize(inputs, text):
    if text is None:
        return inputs
    return {
        name: tf.cast(text(value), tf.int32)
        if value.dtype == tf.string
        else value
        for name, value in inputs.items()
    }


def _shuffle(dataset, seed):
    """Shuffles as many examples at once as memory allows."""
    room = max(1, MEMORY_LIMIT // reading.bytes_per_example(dataset))
    count = int(dataset.cardinality())
    if 0 < count <= room:
        dataset, room = dataset.cache(), count
    return dataset.shuffle(room, seed=seed, reshuffle_each_iteration=True)


def _everything(dataset, batch_size, shuffle, seed):
    """Batches of all inputs and features, unconverted."""
    if shuffle:
        dataset = dataset.shuffle(1024, seed=seed)
    dataset = dataset.map(lambda inputs, features: {**features, **inputs})
    return dataset.ragged_batch(batch_size).prefetch(tf.data.AUTOTUNE)
