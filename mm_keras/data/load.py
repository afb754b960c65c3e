import functools

import tensorflow as tf

from mm_keras.data import catalog
from mm_keras.data import declared_classes
from mm_keras.data import epochs
from mm_keras.data import pipeline
from mm_keras.data import preparing
from mm_keras.data import reading
from mm_keras.data import views
from mm_keras.data.text import check_keeps_tokens


def load(
    name,
    split,
    *,
    tasks=None,
    inputs=("image",),
    batch_size=32,
    image_size=None,
    keep_aspect=False,
    text=None,
    augment=None,
    shuffle=None,
    seed=None,
    first_epoch=0,
    cache=None,
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
    - Shuffled data that takes less than half a gigabyte is read once, kept in
      memory as it is before augmentation, decoded or else encoded, and
      shuffled as a whole; larger data in a buffer of that size, over files in
      random order. Every epoch has another order.
    - One seed gives one order and one augmentation in every epoch. A training
      that was interrupted after `k` epochs goes on as if it had not been, with
      `first_epoch=k` here and `initial_epoch=k` in `fit`.

    Args:
        name: Name of the data set: `"digit_scenes"`, `"coco/2017"`.
        split: Name of a split, or a part of one: `"train[:10%]"`.
        tasks: List of `mm_keras.tasks.Task`. An empty list gives inputs
            without labels. None gives all that the data set offers, as one
            dictionary with ragged tensors where lengths vary.
        inputs: Names of the modalities to feed. `digit_scenes` offers
            `"image"` and `"text"`.
        batch_size: Number of examples per batch.
        image_size: `(height, width)` that images and masks are resized to.
            None leaves them as they are.
        keep_aspect: Whether they keep their proportions: what is then free of
            `image_size` is black, in masks background or `ignore_class`.
        text: An adapted `keras.layers.TextVectorization` that turns texts
            into ids. None leaves them strings.
        augment: A `mm_keras.data.Augmentation` that changes images and their
            labels in every epoch anew, or None.
        shuffle: Whether to shuffle. None means: if it is the split "train",
            or a part of it.
        seed: Seed of the order and of the augmentation. None takes one from
            the seed of Keras.
        first_epoch: Number of the epoch that is read first.
        cache: Whether the examples stay in memory. None keeps those that are
            shuffled, where they fit.
        drop_remainder: Whether to drop the last, smaller batch.
        data_dir: Folder of prepared data. None means that of TFDS.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`:
        dictionaries by modality, by task, and by task of shape `(batch,)`.

    Raises:
        ValueError: If the data set is not on disk, or does not offer an input
            or a label that fits the target of a task, or without tasks there
            is an augmentation.

    Example:

    >>> tasks = [mm_keras.tasks.regression("count")]
    >>> train = mm_keras.data.load("digit_scenes", "train", tasks=tasks)
    >>> inputs, targets, sample_weights = next(iter(train))
    >>> inputs["image"].shape, targets["count"].shape
    (TensorShape([32, 64, 64, 3]), TensorShape([32, 1]))
    """
    if tasks is None and augment is not None:
        raise ValueError(
            "Argument `augment` of load expects `tasks`, whose labels it "
            "moves along. Received: tasks=None. Give a list of tasks, an "
            "empty one for inputs alone."
        )
    if shuffle is None:
        shuffle = str(split).startswith("train")
    builder = preparing.find_builder(name, data_dir)
    catalog.check_labelled(builder.info.full_name, split, tasks)
    catalog.check_classes(name, views.find_view(name), tasks)
    declared_classes.check(builder, name, split, tasks or ())
    check_keeps_tokens(text, tasks or ())
    encoded = {}
    if tasks is not None and image_size is not None:
        encoded = reading.handed_on(builder, name, split, tasks)
    read = functools.partial(
        reading.read_views, builder, name, split, encoded=encoded
    )
    examples = read()
    reading.check_inputs(examples, inputs, name)
    order = {
        "seed": seed,
        "first_epoch": first_epoch,
        "reorder": lambda key: read(shuffle_files=True, seed=key),
    }
    if tasks is None:
        return _everything(examples, batch_size, shuffle, order)

    return pipeline.batches(
        examples,
        name,
        tasks=tasks,
        inputs=inputs,
        batch_size=batch_size,
        image_size=image_size,
        keep_aspect=keep_aspect,
        text=text,
        augment=augment,
        shuffle=shuffle,
        cache=cache,
        drop_remainder=drop_remainder,
        pictures=tuple(encoded.values()),
        derived=views.find_derived(name),
        **order,
    )


def _everything(dataset, batch_size, shuffle, order):
    """Batches of all inputs and features, unconverted."""
    if shuffle:
        dataset = epochs.in_epochs(dataset, room=1024, **order)
        dataset = dataset.map(lambda _, example: example)
    dataset = dataset.map(lambda inputs, features: {**features, **inputs})
    return dataset.ragged_batch(batch_size).prefetch(tf.data.AUTOTUNE)
