"""Views of data sets with boxes around several things a picture."""

import tensorflow as tf

from mm_keras.data import derived
from mm_keras.data.catalog.entry import entry
from mm_keras.data.catalog.entry import Feature

VOC_CLASSES = 20
COCO_CLASSES = 80
# Behind the 80 classes of things come 53 of stuff, such as sky and grass.
PANOPTIC_CLASSES = 133


def boxes_and_counts(num_classes, about):
    """What objects offer, and `derived.of_objects` of them."""
    return {
        "objects": Feature("boxes", about, num_classes),
        "labels": Feature("labels", "which classes are there", num_classes),
        "counts": Feature("number", "objects of each class", num_classes),
        "count": Feature("number", "objects in all", 1),
    }


def select(objects, chosen):
    """The boxes and classes of some objects.

    Args:
        objects: Dictionary with `bbox`, `(objects, 4)`, and `label`.
        chosen: Which ones, a boolean tensor `(objects,)`.
    """
    return {name: objects[name][chosen] for name in ("bbox", "label")}


VOC_INPUTS = {
    "image": "of varying size, 0-255",
    "id": "name of the file, to pair data sets by",
}
VOC = {
    **boxes_and_counts(VOC_CLASSES, "each object"),
    "objects_no_difficult": Feature(
        "boxes", "each object that is clear to see", VOC_CLASSES
    ),
    "labels_no_difficult": Feature(
        "labels", "which classes are clear to see", VOC_CLASSES
    ),
}
VOC_DERIVED = derived.of_objects(VOC_CLASSES)
VOC_DERIVED["labels_no_difficult"] = derived.of_objects(
    VOC_CLASSES, "objects_no_difficult"
)["labels"]


@entry(
    "voc/2012",
    "Photographs with boxes around things of 20 classes.",
    inputs=VOC_INPUTS,
    features=VOC,
    derived=VOC_DERIVED,
    unlabelled=("test",),
)
@entry(
    "voc/2007",
    "9,963 photographs with boxes around things of 20 classes.",
    inputs=VOC_INPUTS,
    features=VOC,
    derived=VOC_DERIVED,
)
def voc(example):
    """With all objects, and without those marked as difficult."""
    given = example["objects"]
    difficult = given["is_difficult"]
    groups = {
        "objects": {name: given[name] for name in ("bbox", "label")},
        "objects_no_difficult": select(given, ~difficult),
    }
    inputs = {"image": example["image"], "id": example["image/filename"]}
    return inputs, derived.add(groups, VOC_DERIVED)


COCO_INPUTS = {
    "image": "of varying size, 0-255",
    "id": "number of the picture, to pair data sets by",
}
COCO = boxes_and_counts(COCO_CLASSES, "each object, without crowds")
COCO_DERIVED = derived.of_objects(COCO_CLASSES, crowds="crowds")


@entry(
    "coco/2017",
    "Photographs with boxes around things of 80 classes.",
    inputs=COCO_INPUTS,
    features=COCO,
    derived=COCO_DERIVED,
    unlabelled=("test",),
)
@entry(
    "coco/2014",
    "Photographs with boxes around things of 80 classes.",
    inputs=COCO_INPUTS,
    features=COCO,
    derived=COCO_DERIVED,
    unlabelled=("test", "test2015"),
)
def coco(example):
    return coco_inputs(example), coco_objects(example["objects"])


def coco_inputs(example):
    return {"image": example["image"], "id": example["image/id"]}


def coco_objects(given):
    """Crowds are no objects, and make numbers unknown."""
    crowd = given["is_crowd"]
    groups = {"objects": select(given, ~crowd), "crowds": select(given, crowd)}
    return derived.add(groups, COCO_DERIVED)


@entry(
    "coco/2017_panoptic",
    "Photographs with boxes around 80 classes, and each pixel's class.",
    inputs=COCO_INPUTS,
    features={
        **COCO,
        "mask": Feature(
            "mask",
            "class + 1, also of sky and the like; 0 unlabelled, to be ignored",
            PANOPTIC_CLASSES + 1,
            {"ignore_class": 0},
        ),
    },
    derived=COCO_DERIVED,
)
def coco_panoptic(example):
    given = example["panoptic_objects"]
    things = {
        key: given[key][given["label"] < COCO_CLASSES]
        for key in ("bbox", "label", "is_crowd")
    }
    mask = panoptic_mask(example["panoptic_image"], given["id"], given["label"])
    return coco_inputs(example), {**coco_objects(things), "mask": mask}


def panoptic_mask(image, segments, labels):
    """The class of each pixel plus one, 0 where it belongs to no segment.

    Args:
        image: uint8 tensor `(height, width, 3)`: the number of a segment is
            `red + 256 * green + 256 ** 2 * blue`.
        segments: int64 tensor `(segments,)` of their numbers.
        labels: int64 tensor `(segments,)` of their classes.

    Returns:
        uint8 tensor `(height, width, 1)`.
    """
    digits = tf.constant([1, 256, 256**2], tf.int64)
    numbers = tf.reduce_sum(tf.cast(image, tf.int64) * digits, -1)
    # There is always one before the first.
    segments = tf.concat([[-1], segments], 0)
    classes = tf.concat([[-1], labels], 0)
    order = tf.argsort(segments)
    segments, classes = tf.gather(segments, order), tf.gather(classes, order)
    flat = tf.reshape(numbers, [-1])
    place = tf.searchsorted(segments, flat, side="right") - 1
    found = tf.gather(segments, place) == flat
    mask = tf.where(found, tf.gather(classes, place) + 1, 0)
    return tf.cast(tf.reshape(mask, tf.shape(numbers))[..., None], tf.uint8)


@entry(
    "coco_captions",
    "Photographs of COCO 2014 with boxes and five sentences each.",
    inputs={**COCO_INPUTS, "text": "the first sentence"},
    features={**COCO, "captions": Feature("text", "all sentences")},
    derived=COCO_DERIVED,
)
def coco_captions(example):
    captions = example["captions"]["text"]
    # Every picture has some, but TFDS would allow for none.
    text = tf.strings.reduce_join(captions[:1])
    features = coco_objects(example["objects"])
    features["captions"] = captions
    return {**coco_inputs(example), "text": text}, features


def digits_derived():
    """What follows from the digits, which are their own classes."""
    found = derived.of_objects(10, "digits")
    add_up = derived.Derived(
        ("digits",), lambda ids: tf.cast(tf.reduce_sum(ids), tf.float32)[None]
    )
    return {
        "present": found["labels"],
        "count": found["count"],
        "sum": add_up,
    }


@entry(
    "digit_scenes",
    "5,500 scenes of handwritten digits on photographs, made offline.",
    inputs={
        "image": "64 x 64 x 3, 0-255",
        "text": "what it shows, from left to right",
    },
    features={
        "digits": Feature("boxes", "each digit", 10),
        "mask": Feature("mask", "0 background, digit + 1", 11),
        "order": Feature("mask", "0 background, 1 what lies lowest", 5),
        "present": Feature("labels", "which digits are there", 10),
        "count": Feature("number", "how many digits", 1),
        "sum": Feature("number", "what they add up to", 1),
        "caption": Feature("text", "the text"),
    },
    derived=digits_derived(),
)
def digit_scenes(example):
    inputs = {"image": example["image"], "text": example["caption"]}
    return inputs, dict(example)
