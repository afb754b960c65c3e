"""Rows of a table: read, checked, and made into records."""

import csv
import functools

from mm_keras.data.files import label_columns
from mm_keras.data.files import pictures
from mm_keras.data.files import records


def read_rows(path, needed, found):
    """Reads the rows of a CSV file, each by its name `file:line`.

    Args:
        path: Path of the file.
        needed: Names of the columns that are wanted.
        found: A `Faults` that is added to.

    Returns:
        Dictionary from the name of a row to its cells by column.

    Raises:
        ValueError: If there is no such column.
    """
    rows = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header, needed)
        for cells in filter(None, reader):
            name = f"{path.name}:{reader.line_num}"
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells, the header {len(header)}"
                found.add(name, "row", problem)
            else:
                rows[name] = dict(zip(header, cells, strict=True))
    return rows


def drop_copies(rows, columns, found):
    """Returns the rows without copies, if they hold files.

    Rows of numbers and texts may be equal by chance; whoever lists the same
    file twice does not mean it.

    Args:
        rows: Dictionary from the name of a row to its cells by column.
        columns: List of the `Column`s that are read.
        found: A `Faults` that is added to.
    """
    files = {records.paths, records.mask_files}
    if files.isdisjoint(column.offer for column in columns):
        return rows
    kept, names = {}, {}
    for name, row in rows.items():
        first = names.setdefault(tuple(row.values()), name)
        if first == name:
            kept[name] = row
        else:
            found.add(name, "row", f"is the same as {first}")
    return kept


def to_records(rows, inputs, labels, found):
    """Converts the cells of rows; those that lack an input are left out.

    Args:
        rows: Dictionary from the name of a row to its cells by column.
        inputs: Dictionary from a modality to its `Column`.
        labels: Dictionary from a feature to its `Column`.
        found: A `Faults` that is added to.

    Returns:
        List of `Record`.
    """
    made = []
    for name, row in rows.items():
        fed = _convert(inputs, name, row, found)
        wanted = _convert(labels, name, row, found)
        if fed is not None and wanted is not None:
            made.append(records.Record(name, fed, wanted))
    return made


def check_files(made, inputs, labels, tasks, found):
    """Looks into the files of records; returns the records that are sound.

    Args:
        made: List of `Record`.
        inputs: Dictionary from a modality to its `Column`.
        labels: Dictionary from a feature to its `Column`.
        tasks: Dictionary from a feature to its task.
        found: A `Faults` that is added to.
    """
    names = [n for n, c in inputs.items() if c.offer is records.paths]
    masks = [n for n, c in labels.items() if c.offer is records.mask_files]
    images = pictures.inspect_pictures(r.inputs[n] for r in made for n in names)
    masked = {
        name: pictures.inspect_pictures(
            (record.features[name] for record in made),
            functools.partial(label_columns.inspect_mask, task=tasks[name]),
        )
        for name in masks
    }
    kept = []
    for record in made:
        seen = {name: images[record.inputs[name]] for name in names}
        seen |= {f: masked[f][record.features[f]] for f in masks}
        problems = _problems(seen, masks)
        for field, problem in problems.items():
            found.add(record.name, field, problem)
        if not problems:
            kept.append(record)
    return kept


def _check_header(path, header, needed):
    wrong = [name for name in needed if header.count(name) != 1]
    if wrong:
        raise ValueError(
            f"Columns {wrong} are expected in {path}, once each. Received: "
            f"the columns {header}. Separate them by commas, name tasks and "
            "inputs after them, or give a task's `feature`."
        )


def _convert(columns, name, row, found):
    """Returns the values of a row, or None if one is missing."""
    values = {}
    for field, column in columns.items():
        values[field], problem = column.read(row)
        if problem:
            found.add(name, field, problem)
    complete = all(value is not None for value in values.values())
    return values if complete else None


def _problems(seen, masks):
    """What is wrong with the pictures and masks of one row, by field."""
    problems = {f: i.problem for f, i in seen.items() if i.problem}
    if problems:
        return problems
    for mask in masks:
        first, size = next((f, i.size) for f, i in seen.items())
        if seen[mask].size != size:
            problems[mask] = (
                "the mask has {} x {} pixels (height x width), {!r} has "
                "{} x {}".format(*seen[mask].size, first, *size)
            )
    return problems
