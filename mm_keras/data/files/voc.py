"""Folders in the layout of PASCAL VOC."""

import collections
import pathlib

from mm_keras.data import faults
from mm_keras.data.files import annotations
from mm_keras.data.files import fault_policy
from mm_keras.data.files import pictures
from mm_keras.data.files import records
from mm_keras.data.files import sources
from mm_keras.data.files import voc_xml


def from_voc(
    folder,
    split=None,
    *,
    tasks,
    classes=None,
    samples=None,
    on_fault="raise",
    max_faults=0.1,
    shuffle=None,
    **options,
):
    """Loads a folder in the layout of PASCAL VOC as batches that `fit` takes.

    ```
    folder/
        Annotations/a.xml ...       boxes and classes
        JPEGImages/a.jpg ...        pictures
        ImageSets/Main/train.txt    names of a split: a line is `a`
    ```

    It offers the input `image` and the features `objects` (boxes and
    classes), `labels` (which classes are present), `counts` (how many objects
    of each class) and `count` (how many in all): name tasks after them, or
    give a task's `feature`. `objects_no_difficult` and `labels_no_difficult`
    lack what is marked as difficult. Coordinates are those that TFDS has for
    `voc`.

    Every picture is decoded once before training, and every annotation
    checked. A fault is a picture that is missing, corrupt, truncated or of
    another size than its annotation says, a broken annotation, a name that
    occurs twice, and a box without area, of an unknown class or more than two
    pixels outside the picture (less is clipped).

    Args:
        folder: Path of the folder.
        split: Name of a list in `ImageSets/Main`. None takes all pictures
            that are annotated.
        tasks: List of `mm_keras.tasks.Task`.
        classes: Names of the classes, in the order of their ids. None takes
            all that occur in `Annotations`, sorted; see
            `mm_keras.data.class_names`.
        samples: Names of the samples to load, as the attribute `samples` of
            a data set lists them: the rows of one of `mm_keras.data.split`.
            None loads all.
        on_fault: `"raise"`, or `"skip"` to leave out, with a warning, what is
            faulty: a box from its picture, whose `labels`, `counts` and
            `count` then have weight 0, or the picture.
        max_faults: How many samples may have faults that are skipped: an int
            is a number, a float a share, None any number. With more it
            raises.
        shuffle: Whether every epoch has a new order. None means: if the
            split is called "train".
        **options: Further arguments of `mm_keras.data.load`: `batch_size`,
            `image_size`, ...

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`, with the
        attributes `class_names`, `faults` (a `mm_keras.data.Faults`) and
        `samples`, the names of the pictures.

    Raises:
        ValueError: If there are faults, and `on_fault` and `max_faults` do
            not let them pass; if files or lists are not where they should
            be; if a task does not fit the classes.

    Example:

    >>> import pathlib
    >>> for part in ("Annotations", "JPEGImages"):
    ...     pathlib.Path("cells", part).mkdir(parents=True)
    >>> keras.utils.save_img("cells/JPEGImages/a.png", np.zeros((40, 80, 3)))
    >>> box = "<xmin>8</xmin><ymin>4</ymin><xmax>40</xmax><ymax>30</ymax>"
    >>> thing = f"<object><name>RBC</name><bndbox>{box}</bndbox></object>"
    >>> note = pathlib.Path("cells/Annotations/a.xml")
    >>> size = note.write_text(f"<annotation>{thing}</annotation>")
    >>> cells = mm_keras.data.from_voc(
    ...     "cells",
    ...     tasks=[mm_keras.tasks.detection("objects", 1, max_boxes=1)],
    ...     image_size=(20, 40),
    ... )
    >>> inputs, targets, sample_weights = next(iter(cells))
    >>> targets["objects"].numpy()
    array([[[0.1 , 0.1 , 0.75, 0.5 , 0.  ]]], dtype=float32)
    >>> cells.class_names, cells.samples
    (('RBC',), ['a'])
    """
    policy = fault_policy.Policy(on_fault, max_faults)
    folder = pathlib.Path(folder)
    _check_layout(folder)
    classes = tuple(classes or voc_xml.find_classes(folder))
    sources.check_tasks(tasks, classes, folder)
    source = read_voc(folder, split, classes, samples)
    return source.batches(tasks, policy, shuffle=shuffle, **options)


def read_voc(folder, split, classes, samples=None):
    """Reads and checks the pictures of a split, and returns a `Source`."""
    found = faults.Faults()
    name = f"{folder} ({split})" if split else str(folder)
    names = _list_names(folder, split, found)
    names = sources.choose(names, samples, name, found)
    files = _files_by_stem(folder / "JPEGImages")
    read = [_read_sample(folder, name, files, found) for name in names]
    annotated = [annotation for annotation in read if annotation is not None]
    return sources.Source(
        name=name,
        split=str(split),
        records=annotations.to_records(
            annotated, classes, found, features=voc_xml.features
        ),
        faults=found,
        total=len(names),
        class_names=classes,
        inputs={"image": records.paths},
        features=voc_xml.FEATURES,
        derived=voc_xml.derived_features(classes),
    )


def _check_layout(folder):
    missing = [
        part
        for part in ("Annotations", "JPEGImages")
        if not (folder / part).is_dir()
    ]
    if missing:
        raise ValueError(
            "Argument `folder` expects a folder with `Annotations`, "
            f"`JPEGImages` and `ImageSets/Main`. Received: {folder}, which "
            f"lacks {missing}. Give the folder that holds them."
        )


def _list_names(folder, split, found):
    """Names of the pictures of a split, each once."""
    if split is None:
        return sorted(p.stem for p in (folder / "Annotations").glob("*.xml"))
    counts = collections.Counter(_read_list(folder, split))
    for name, count in counts.items():
        if count > 1:
            found.add(name, "split", f"is listed {count} times")
    return list(counts)


def _read_list(folder, split):
    path = folder / "ImageSets" / "Main" / f"{split}.txt"
    if not path.is_file():
        lists = sorted(p.stem for p in path.parent.glob("*.txt"))
        raise ValueError(
            "Argument `split` expects the name of a list in "
            f"{path.parent}: {lists}. Received: split={split!r}. Choose one of "
            "them, or None for all pictures."
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _files_by_stem(folder):
    """Lists the pictures of a folder by their names without suffix."""
    files = collections.defaultdict(list)
    for path in sorted(folder.iterdir()):
        if pictures.is_picture(path.name):
            files[path.stem].append(str(path))
    return files


def _read_sample(folder, name, files, found):
    """Returns the `Annotation` of a name, or None if it has a fault."""
    candidates = files.get(name, [])
    if len(candidates) != 1:
        problem = f"is the name of {candidates}: keep one"
        if not candidates:
            problem = f"{folder / 'JPEGImages'} has no picture of this name"
        found.add(name, "image", problem)
    root, problem = voc_xml.parse(folder / "Annotations" / f"{name}.xml")
    if problem:
        found.add(name, "annotation", problem)
    if len(candidates) != 1 or root is None:
        return None
    return annotations.Annotation(
        name, candidates[0], voc_xml.read_size(root), voc_xml.read_objects(root)
    )
