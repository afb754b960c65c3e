"""The names of the classes in a user's files, before tasks are made."""

import pathlib

from mm_keras.data import faults
from mm_keras.data.files import coco_json
from mm_keras.data.files import folders
from mm_keras.data.files import label_columns
from mm_keras.data.files import table_rows
from mm_keras.data.files import voc_xml


def class_names(path, column=None):
    """Finds the names of the classes in a user's files.

    A task needs to know how many there are. All splits need the same ones in
    the same order: find them once, or write them down, and give them to
    each loader as `classes`.

    Args:
        path: Path of what `from_voc`, `from_coco`, `from_csv` or
            `from_folder` loads: a folder in the layout of PASCAL VOC, a JSON
            file in COCO's format, a CSV file, or a folder with a sub folder a
            class.
        column: Name of the column of classes, if it is a CSV file.

    Returns:
        A tuple of names, in the order of their ids: that of the categories
        in a JSON file, else sorted. Empty for a column of ids.

    Example:

    >>> import pathlib
    >>> for name in ("dog", "cat"):
    ...     pathlib.Path("pets", name).mkdir(parents=True)
    >>> mm_keras.data.class_names("pets")
    ('cat', 'dog')
    """
    path = pathlib.Path(path)
    ignored = faults.Faults()
    if path.suffix.lower() == ".json":
        found = coco_json.read(path, ignored).class_names()
    elif path.suffix.lower() == ".csv":
        rows = table_rows.read_rows(path, [column], ignored)
        found = label_columns.find_classes(column, rows.values())
    elif (path / "Annotations").is_dir():
        found = voc_xml.find_classes(path)
    else:
        found = folders.find_classes(path)
    return tuple(found)
