"""Reads a prepared data set, example by example, through its view."""

import tensorflow as tf

from mm_keras.data import targets
from mm_keras.data import views


def read_views(
    builder, name, split, *, encoded=(), shuffle_files=False, seed=None
):
    """Reads the `(inputs, features)` that the view of a data set offers.

    Args:
        builder: Builder of TFDS of a data set that is on disk.
        name: Name of the data set.
        split: Name of a split, or a part of one.
        encoded: Names of pictures that stay encoded; see `handed_on`.
        shuffle_files: Whether files come in a random order, which is the
            same whenever they are read.
        seed: Seed of that order, a number or an int64 tensor.
    """
    import tensorflow_datasets as tfds

    # TFDS gives up a fixed order where it shuffles files without a seed.
    options = tf.data.Options()
    options.deterministic = True
    skip = tfds.decode.SkipDecoding()
    dataset = builder.as_dataset(
        split=split,
        decoders={picture: skip for picture in encoded} or None,
        shuffle_files=shuffle_files,
        read_config=tfds.ReadConfig(
            options=options,
            try_autocache=False,
            shuffle_seed=seed,
            shuffle_reshuffle_each_iteration=False,
        ),
    )
    return dataset.map(views.find_view(name), tf.data.AUTOTUNE)


def handed_on(builder, name, split, tasks):
    """Finds pictures that a view only hands on, so that it needs no pixels.

    They may stay encoded until they are fed. Those of one fixed size are left
    out: where nothing is resized, their decoding tells that size.

    Args:
        builder: Builder of TFDS of a data set that is on disk.
        name: Name of the data set.
        split: Name of a split, or a part of one.
        tasks: List of `mm_keras.tasks.Task`.

    Returns:
        Dictionary from the picture's name in the data set to the name of the
        input that it becomes.
    """
    found = {}
    view = views.find_view(name)
    read = {targets.feature_name(task).split("/")[0] for task in tasks}

    def look(example):
        inputs, features = view(example)
        labels = [value for key, value in features.items() if key in read]
        for picture in _varying_pictures(builder):
            value = example[picture]
            names = [key for key, given in inputs.items() if given is value]
            label = any(given is value for given in labels)
            if len(names) == 1 and not label and not value.consumers():
                found[picture] = names[0]
        return 0

    builder.as_dataset(split=split).map(look)
    return found


def _varying_pictures(builder):
    """Names of the coloured pictures of a data set that vary in size."""
    import tensorflow_datasets as tfds

    return [
        name
        for name, feature in builder.info.features.items()
        if isinstance(feature, tfds.features.Image)
        and feature.shape == (None, None, 3)
        and feature.tf_dtype == tf.uint8
    ]


def check_inputs(examples, inputs, name):
    """Raises if a data set lacks one of the inputs."""
    offered, _ = examples.element_spec
    missing = [modality for modality in inputs if modality not in offered]
    if missing:
        raise ValueError(
            "Argument `inputs` expects a list of modalities that data set "
            f"{name!r} offers: {targets.describe(offered)}. Received: "
            f"inputs={inputs!r}. Choose among them, or offer more with "
            "`mm_keras.data.register_view`."
        )


def check_static_shapes(dataset, name):
    """Raises if examples vary in shape, so that they cannot be batched."""
    for group in dataset.element_spec[:2]:
        for key, spec in group.items():
            if not spec.shape.is_fully_defined():
                raise ValueError(
                    f"Examples of {key!r} expect one fixed shape, to be "
                    f"batched. Received: shape {tuple(spec.shape)} in data set "
                    f"{name!r}. Pass `image_size=(height, width)` for images "
                    "and masks, a `TextVectorization` with an output length "
                    "for texts, or fix the shape in a view, with "
                    "`mm_keras.data.register_view`."
                )
