"""Tables in CSV files: paths of pictures, numbers, texts and labels."""

import pathlib

from mm_keras.data import faults
from mm_keras.data.files import columns
from mm_keras.data.files import fault_policy
from mm_keras.data.files import label_columns
from mm_keras.data.files import sources
from mm_keras.data.files import table_rows


def from_csv(
    path,
    *,
    tasks,
    inputs=("image",),
    folder=None,
    classes=None,
    samples=None,
    on_fault="raise",
    max_faults=0.1,
    shuffle=None,
    **options,
):
    """Loads a table with a sample a row as batches that `fit` takes.

    ```
    image,age,kind,note
    a.jpg,41,cat,asleep on a chair
    b.jpg,17,dog,in the garden
    ```

    A column of inputs holds what most of its cells look like: names of
    pictures, numbers, or texts. A column of labels is read as the target of
    its task wants it:

    | target | cell |
    |---|---|
    | `"class"` | name of a class; an id, if all cells are whole numbers |
    | `"labels"` | names or ids, separated by `;` |
    | `"number"` | a number; several are separated by `;` |
    | `"box"` | `ymin;xmin;ymax;xmax`, relative, 0 to 1 |
    | `"pair"` | a text or an id, equal ones belong together; see below |
    | `"mask"` | name of a PNG with a class id a pixel, as large as the image |

    An id of -1 and the number NaN say that there is no label. An alignment
    without a `feature` needs no column: equal texts among the inputs belong
    together, or else only what is in one row. Lists of boxes are read by
    `from_coco` and `from_voc`.

    Every picture is decoded once before training. A fault is an empty cell,
    a cell that is not what its column holds, an unknown class, a row that has
    another number of cells than the header, a row with a file that occurs
    twice, and a picture that is missing, corrupt or truncated.

    Args:
        path: Path of the file: UTF-8, with a header.
        tasks: List of `mm_keras.tasks.Task`. A task reads the column that
            is called like its `feature`, or like itself.
        inputs: Names of the columns to feed; or a dictionary from a modality
            to a column, or to a list of columns of numbers that become one
            vector: `{"image": "file", "table": ["age", "weight"]}`.
        folder: Folder that names of pictures are relative to. None means
            that of the table.
        classes: Dictionary from a column to the names of its classes, in the
            order of their ids. A column without a key has those that occur,
            sorted; see `mm_keras.data.class_names`.
        samples: Names of the samples to load, as the attribute `samples` of
            a data set lists them: the rows of one of `mm_keras.data.split`.
            None loads all.
        on_fault: `"raise"`, or `"skip"` to leave out, with a warning, what is
            faulty: a label of its row, which is then unlabelled for the task,
            or the row.
        max_faults: How many rows may have faults that are skipped: an int is
            a number, a float a share, None any number. With more it raises.
        shuffle: Whether every epoch has a new order. None means: if the
            file is called "train".
        **options: Further arguments of `mm_keras.data.load`: `batch_size`,
            `image_size`, `text`, ...

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`, with the
        attributes `class_names` (a dictionary by column), `faults` (a
        `mm_keras.data.Faults`) and `samples`, which are called `file:line`.

    Raises:
        ValueError: If there are faults, and `on_fault` and `max_faults` do
            not let them pass; if a column is missing; if a task does not fit
            the classes of its column.

    Example:

    >>> import pathlib
    >>> for name in ("a", "b"):
    ...     keras.utils.save_img(f"{name}.png", np.zeros((8, 8, 3)))
    >>> table = "image,kind,age\\na.png,dog,4\\nb.png,cat,NaN\\n"
    >>> size = pathlib.Path("pets.csv").write_text(table)
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", num_classes=2),
    ...     mm_keras.tasks.regression("age"),
    ... ]
    >>> pets = mm_keras.data.from_csv(
    ...     "pets.csv", tasks=tasks, image_size=(8, 8)
    ... )
    >>> inputs, targets, sample_weights = next(iter(pets))
    >>> targets["kind"].numpy(), sample_weights["age"].numpy()
    (array([1, 0], dtype=int32), array([1., 0.], dtype=float32))
    >>> pets.class_names, pets.samples
    ({'kind': ('cat', 'dog')}, ['pets.csv:2', 'pets.csv:3'])
    """
    policy = fault_policy.Policy(on_fault, max_faults)
    if not isinstance(inputs, dict):
        inputs = dict(zip(inputs, inputs, strict=True))
    source = read_csv(
        pathlib.Path(path), tasks, inputs, folder, classes or {}, samples
    )
    return source.batches(
        tasks,
        policy,
        shuffle=shuffle,
        inputs=tuple(inputs),
        **options,
    )


def read_csv(path, tasks, inputs, folder, classes, samples=None):
    """Reads and checks a table, and returns a `Source`."""
    found = faults.Faults()
    by_feature = label_columns.labelled(tasks)
    rows = table_rows.read_rows(
        path, [*_flatten(inputs.values()), *by_feature], found
    )
    cells = list(rows.values())
    folder = path.parent if folder is None else pathlib.Path(folder)
    fed = {
        modality: columns.input_column(names, cells, folder)
        for modality, names in inputs.items()
    }
    labels = {
        feature: label_columns.label_column(
            feature, task, cells, folder, classes
        )
        for feature, task in by_feature.items()
    }
    offered = [*fed.values(), *labels.values()]
    rows = table_rows.drop_copies(rows, offered, found)
    chosen = sources.choose(rows, samples, path.name, found)
    total = len(chosen) + len(found.samples)
    made = table_rows.to_records(
        {name: rows[name] for name in chosen}, fed, labels, found
    )
    return sources.Source(
        name=path.name,
        split=path.stem,
        records=table_rows.check_files(made, fed, labels, by_feature, found),
        faults=found,
        total=total,
        class_names={
            feature: column.class_names
            for feature, column in labels.items()
            if column.class_names
        },
        inputs={modality: column.offer for modality, column in fed.items()},
        features={feature: column.offer for feature, column in labels.items()},
    )


def _flatten(groups):
    """Names of columns, those in lists too."""
    for names in groups:
        yield from [names] if isinstance(names, str) else names
