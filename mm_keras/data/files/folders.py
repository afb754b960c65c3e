"""Folders of pictures, one sub folder a class."""

import os
import pathlib

from mm_keras.data import faults
from mm_keras.data.files import fault_policy
from mm_keras.data.files import pictures
from mm_keras.data.files import records
from mm_keras.data.files import sources

# Folders of such names hold those of classes, and are none.
SPLITS = {"test", "train", "training", "val", "valid", "validation"}


def from_folder(
    folder,
    *,
    tasks,
    classes=None,
    samples=None,
    on_fault="raise",
    max_faults=0.1,
    shuffle=None,
    **options,
):
    """Loads a folder of pictures as batches that `fit` takes.

    ```
    folder/
        cat/1.jpg ...       a sub folder is a class
        dog/1.png ...
    ```

    It offers the input `image` and the feature `label`: name a task after
    it, or give a task's `feature`. Pictures may lie in folders of their own
    within that of the class. Files that are hidden or not called like a
    picture are passed over.

    Every picture is decoded once before training. A fault is a picture that
    is corrupt, truncated, neither JPEG nor PNG, or not in the folder of one
    of the classes.

    Args:
        folder: Path of the folder.
        tasks: List of `mm_keras.tasks.Task`.
        classes: Names of the classes, in the order of their ids. None takes
            those of the sub folders, sorted, as Keras'
            `image_dataset_from_directory` does.
        samples: Names of the samples to load, as the attribute `samples` of
            a data set lists them: the rows of one of `mm_keras.data.split`.
            None loads all.
        on_fault: `"raise"`, or `"skip"` to leave faulty pictures out, with a
            warning.
        max_faults: How many samples may have faults that are skipped: an int
            is a number, a float a share, None any number. With more it
            raises.
        shuffle: Whether every epoch has a new order. None means: if the
            folder is called "train".
        **options: Further arguments of `mm_keras.data.load`: `batch_size`,
            `image_size`, ...

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`, with the
        attributes `class_names`, `faults` (a `mm_keras.data.Faults`) and
        `samples`, the names of the pictures.

    Raises:
        ValueError: If there are faults, and `on_fault` and `max_faults` do
            not let them pass; if there is no folder of a class, or only
            those of splits; if a task does not fit the classes.

    Example:

    >>> import pathlib
    >>> for name in ("dog", "cat"):
    ...     pathlib.Path("pets", name).mkdir(parents=True)
    ...     keras.utils.save_img(f"pets/{name}/1.png", np.zeros((8, 8, 3)))
    >>> pets = mm_keras.data.from_folder(
    ...     "pets",
    ...     tasks=[mm_keras.tasks.classification("label", num_classes=2)],
    ...     image_size=(8, 8),
    ... )
    >>> next(iter(pets))[1]["label"].numpy()
    array([0, 1], dtype=int32)
    >>> pets.class_names, pets.samples
    (('cat', 'dog'), ['cat/1.png', 'dog/1.png'])
    """
    policy = fault_policy.Policy(on_fault, max_faults)
    folder = pathlib.Path(folder)
    classes = tuple(classes or find_classes(folder))
    sources.check_tasks(tasks, classes, folder)
    source = read_folder(folder, classes, samples)
    return source.batches(tasks, policy, shuffle=shuffle, **options)


def read_folder(folder, classes, samples=None):
    """Lists and checks the pictures of a folder, and returns a `Source`."""
    found = faults.Faults()
    _check_classes(folder, classes)
    names = _list_pictures(folder)
    names = sources.choose(names, samples, folder, found)
    paths = {name: str(folder / name) for name in names}
    inspections = pictures.inspect_pictures(paths.values())
    made = [
        _read_sample(name, path, classes, inspections[path], found)
        for name, path in paths.items()
    ]
    return sources.Source(
        name=str(folder),
        split=folder.name,
        records=[record for record in made if record is not None],
        faults=found,
        total=len(names),
        class_names=classes,
        inputs={"image": records.paths},
        features={"label": records.values},
    )


def find_classes(folder):
    """Names of the sub folders, sorted.

    Raises:
        ValueError: If all of them are called like splits.
    """
    names = _list_folders(folder)
    if names and SPLITS.issuperset(map(str.lower, names)):
        raise ValueError(
            "Argument `folder` expects a sub folder for each class. Received: "
            f"{folder} with {names}, which look like splits. Give "
            f"{pathlib.Path(folder, names[-1])}, or name the `classes` if that "
            "is what these are."
        )
    return names


def _list_folders(folder):
    """Names of the sub folders that are not hidden, sorted."""
    return sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )


def _list_pictures(folder):
    """Names of all pictures below a folder, such as `cat/1.jpg`, sorted."""
    paths = [path.relative_to(folder) for path in folder.rglob("*")]
    return sorted(
        path.as_posix()
        for path in paths
        if pictures.is_picture(path.name)
        and not any(part.startswith(".") for part in path.parts)
    )


def _check_classes(folder, classes):
    missing = [name for name in classes if not (folder / name).is_dir()]
    if missing or not classes:
        raise ValueError(
            "Argument `folder` expects a folder with a sub folder for each "
            f"class. Received: {folder} with {_list_folders(folder)}, which "
            f"lacks {missing}. Give the folder that holds those of the classes."
        )


def _read_sample(name, path, classes, inspection, found):
    """Returns the `Record` of a picture, or None if it has a fault."""
    label = name.partition("/")[0]
    if label not in classes:
        found.add(name, "label", f"is in none of {list(classes)}")
        return None
    if inspection.problem:
        found.add(name, "image", inspection.problem)
        return None
    features = {"label": classes.index(label)}
    return records.Record(name, {"image": path}, features)
