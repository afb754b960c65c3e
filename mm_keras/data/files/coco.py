"""Annotations in the JSON format of COCO."""

import pathlib

from mm_keras.data import derived
from mm_keras.data import faults
from mm_keras.data.files import annotations
from mm_keras.data.files import coco_json
from mm_keras.data.files import coco_masks
from mm_keras.data.files import fault_policy
from mm_keras.data.files import records
from mm_keras.data.files import sources


def from_coco(
    json,
    images,
    *,
    tasks,
    inputs=("image",),
    classes=None,
    samples=None,
    on_fault="raise",
    max_faults=0.1,
    shuffle=None,
    **options,
):
    """Loads annotations in COCO's format as batches that `fit` takes.

    It offers the inputs `image` and `text` (the first caption of each
    picture), and the features `objects` (boxes and classes), `labels` (which
    classes are present), `counts` (how many objects of each class), `count`
    (how many in all) and `mask` (the class of each pixel plus one, 0 for the
    background; smaller objects lie on larger ones). Name tasks after them, or
    give a task's `feature`.

    As COCO means it, a crowd (`iscrowd`) is a region and not an object: it
    has no box, its class is present and its pixels are in the mask, and how
    many objects there are is unknown (`counts` and `count` have weight 0).
    Polygons and run lengths, compressed or not, become masks; keypoints are
    not read.

    Every picture is decoded once before training, and every annotation
    checked. A fault is a picture that is missing, corrupt, truncated or of
    another size than the JSON says, a name or an id that occurs twice, a
    record that lacks a part, and a box without area, of an unknown class or
    more than two pixels outside the picture (less is clipped); if a task has
    masks, also an outline that is so far outside or cannot be read.

    Args:
        json: Path of the JSON file; or a list of paths whose pictures have
            the same ids, as COCO has instances and captions.
        images: Path of the folder with the pictures.
        tasks: List of `mm_keras.tasks.Task`.
        inputs: Names of the modalities to feed: `"image"`, `"text"`.
        classes: Names of the classes, in the order of their ids. None takes
            the categories of the JSON in the order of theirs, as TFDS does;
            see `mm_keras.data.class_names`.
        samples: Names of the samples to load, as the attribute `samples` of
            a data set lists them: the rows of one of `mm_keras.data.split`.
            None loads all.
        on_fault: `"raise"`, or `"skip"` to leave out, with a warning, what is
            faulty: an object from its picture, whose `labels`, `counts` and
            `count` then have weight 0, or the picture.
        max_faults: How many samples may have faults that are skipped: an int
            is a number, a float a share, None any number. With more it
            raises.
        shuffle: Whether every epoch has a new order. None means: if the
            JSON file is called "train".
        **options: Further arguments of `mm_keras.data.load`:
            `batch_size`, `image_size`, ...

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`, with the
        attributes `class_names`, `faults` (a `mm_keras.data.Faults`) and
        `samples`, the names of the pictures.

    Raises:
        ValueError: If there are faults, and `on_fault` and `max_faults` do
            not let them pass; if a file is not in COCO's format; if a task
            does not fit the classes.

    Example:

    >>> import json, pathlib
    >>> keras.utils.save_img("1.png", np.zeros((40, 80, 3)))
    >>> thing = {"id": 5, "image_id": 1, "category_id": 1}
    >>> content = {
    ...     "images": [{"id": 1, "file_name": "1.png"}],
    ...     "annotations": [{**thing, "bbox": [8, 4, 32, 26]}],
    ...     "categories": [{"id": 1, "name": "cat"}],
    ... }
    >>> size = pathlib.Path("pets.json").write_text(json.dumps(content))
    >>> pets = mm_keras.data.from_coco(
    ...     "pets.json",
    ...     ".",
    ...     tasks=[mm_keras.tasks.detection("objects", 1, max_boxes=1)],
    ...     image_size=(20, 40),
    ... )
    >>> inputs, targets, sample_weights = next(iter(pets))
    >>> targets["objects"].numpy()
    array([[[0.1 , 0.1 , 0.75, 0.5 , 0.  ]]], dtype=float32)
    >>> pets.class_names, pets.samples
    (('cat',), ['1.png'])
    """
    policy = fault_policy.Policy(on_fault, max_faults)
    found = faults.Faults()
    content = coco_json.read(json, found).choose(samples, found)
    classes = tuple(classes or content.class_names())
    sources.check_tasks(tasks, classes, content.name)
    with_masks = any(task.target.kind == "mask" for task in tasks)
    source = read_coco(
        content,
        images,
        classes,
        found,
        with_captions="text" in inputs,
        with_masks=with_masks,
    )
    return source.batches(
        tasks, policy, shuffle=shuffle, inputs=inputs, **options
    )


def read_coco(content, images, classes, found, *, with_captions, with_masks):
    """Checks what a JSON says of its pictures, and returns a `Source`."""
    annotated = coco_json.to_annotations(
        content, pathlib.Path(images), found, captions=with_captions
    )
    paint = coco_masks.paint if with_masks else None
    made = annotations.to_records(annotated, classes, found, paint=paint)
    text = {"text": records.texts} if with_captions else {}
    mask = {"mask": records.masks} if with_masks else {}
    return sources.Source(
        name=content.name,
        split=content.name,
        records=made,
        faults=found,
        total=content.total,
        class_names=classes,
        inputs={"image": records.paths, **text},
        features={**annotations.FEATURES, **mask},
        derived=derived.unless_any(
            "left_out", derived.of_objects(len(classes), crowds="crowds")
        ),
    )
