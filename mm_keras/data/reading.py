"""Reads a prepared data set, example by example, through its view."""

import tensorflow as tf

from mm_keras.data import targets
from mm_keras.data import views


def read_views(builder, name, split, *, shuffle_files=False, seed=None):
    """Reads the `(inputs, features)` that the view of a data set offers."""
    import tensorflow_datasets as tfds

    # TFDS gives up a fixed order where it shuffles files without a seed.
    options = tf.data.Options()
    options.deterministic = True
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=shuffle_files,
        read_config=tfds.ReadConfig(
            options=options, try_autocache=False, shuffle_seed=seed
        ),
    )
    return dataset.map(views.find_view(name), tf.data.AUTOTUNE)


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
