"""Views of data sets with one thing, or one face, or one room, a picture."""

import tensorflow as tf

from mm_keras.data.catalog.entry import entry
from mm_keras.data.catalog.entry import Feature

# Pixels of a mask that belong to neither side.
BORDER = 255
FACE_POINTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")
FACE_SIZE = (218, 178)


@entry(
    "cifar10",
    "60,000 small photographs of 10 things.",
    inputs={"image": "32 x 32 x 3, 0-255"},
    features={"label": Feature("class", "what it shows", 10)},
)
@entry(
    "cifar100",
    "60,000 small photographs of 100 things in 20 groups.",
    inputs={"image": "32 x 32 x 3, 0-255"},
    features={
        "label": Feature("class", "what it shows", 100),
        "coarse_label": Feature("class", "the group it belongs to", 20),
    },
)
@entry(
    "mnist",
    "70,000 handwritten digits.",
    inputs={"image": "28 x 28 x 1, 0-255"},
    features={"label": Feature("class", "the digit", 10)},
)
@entry(
    "fashion_mnist",
    "70,000 pictures of clothes.",
    inputs={"image": "28 x 28 x 1, 0-255"},
    features={"label": Feature("class", "the piece of clothing", 10)},
)
def image_and_labels(example):
    """The picture as input, everything else as a label."""
    features = {k: v for k, v in example.items() if k not in ("image", "id")}
    return {"image": example["image"]}, features


@entry(
    "oxford_iiit_pet",
    "7,349 photographs of cats and dogs of 37 breeds.",
    inputs={"image": "of varying size, 0-255"},
    features={
        "breed": Feature("class", "the breed", 37),
        "species": Feature("class", "0 a cat, 1 a dog", 2),
        "head": Feature("box", "of the head; none in the split test"),
        "mask": Feature(
            "mask",
            "0 background, 1 pet; 255 the border, to be ignored",
            2,
            {"ignore_class": BORDER},
        ),
        "trimap": Feature("mask", "0 background, 1 pet, 2 border", 3),
    },
)
def oxford_iiit_pet(example):
    """TFDS has 1 for the pet, 2 for the background, 3 for the border."""
    given = example["segmentation_mask"]
    pet, border = tf.cast(given == 1, tf.uint8), given == 3
    features = {
        "breed": example["label"],
        "species": example["species"],
        "mask": tf.where(border, tf.constant(BORDER, tf.uint8), pet),
        "trimap": tf.where(border, tf.constant(2, tf.uint8), pet),
    }
    # Version 3 has no heads, and version 4 zeros where nobody drew one.
    if "head_bbox" in example:
        box = example["head_bbox"]
        drawn = tf.reduce_any(box != 0)
        features["head"] = tf.where(drawn, box, float("nan"))
    return {"image": example["image"]}, features


@entry(
    "celeb_a",
    "202,599 faces of 10,177 people.",
    inputs={"image": "218 x 178 x 3, 0-255"},
    features={
        "attributes": Feature("labels", "in alphabetical order", 40),
        "landmarks": Feature(
            "points", "eyes, nose, corners of the mouth: y, x, relative", 5
        ),
        "identity": Feature("class", "who it is", 10_177),
    },
)
def celeb_a(example):
    attributes, places = example["attributes"], example["landmarks"]
    points = [(places[f"{p}_y"], places[f"{p}_x"]) for p in FACE_POINTS]
    features = {
        "attributes": tf.stack([attributes[k] for k in sorted(attributes)]),
        "landmarks": tf.cast(points, tf.float32) / FACE_SIZE,
    }
    # Version 2.0 has no identities. They begin at 1.
    if "identity" in example:
        features["identity"] = example["identity"]["Identity_No"] - 1
    return {"image": example["image"]}, features


@entry(
    "nyu_depth_v2",
    "Rooms, with the distance of each pixel.",
    inputs={"image": "480 x 640 x 3, 0-255"},
    features={"depth": Feature("depth", "in metres, 0 unknown")},
)
def nyu_depth_v2(example):
    depth = tf.cast(example["depth"], tf.float32)[..., None]
    return {"image": example["image"]}, {"depth": depth}
