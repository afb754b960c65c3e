"""The page of `mm-keras check-data`: tables, and pictures of the worst."""

import dataclasses

import numpy as np

from mm_keras import explain
from mm_keras.data.validation import report_text
from mm_keras.data.validation.batch import to_batch
from mm_keras.data.validation.labels import describe_form
from mm_keras.explain import page as html

# As many samples are shown, and as many faults are listed.
SHOWN = 12
LISTED = 500


def make(name, splits, tasks, report):
    """Returns a page about a data set.

    Args:
        name: What the data set is called.
        splits: Dictionary of data sets by split, which can be read again.
        tasks: List of `mm_keras.tasks.Task`.
        report: The `mm_keras.data.Report` of them.
    """
    counts = ", ".join(f"{n} in {s}" for s, n in report.samples.items())
    verdict = "No faults." if report.ok else f"{len(report.findings)} faults."
    sections = {
        "Summary": [html.paragraph(f"Samples: {counts}. {verdict}")],
        "Labels": [
            html.table(*_table(report_text.label_table(report))),
            *map(html.paragraph, report_text.differences(report)),
        ],
    }
    if not report.ok:
        kinds = html.table(*_table(report_text.kind_table(report)))
        faults = html.table(
            ("sample", "field", "problem"),
            map(dataclasses.astuple, report.faults[:LISTED]),
        )
        sections |= {
            "Faults by kind": [kinds],
            "The worst samples": _worst(splits, tasks, report),
            f"Faults (at most {LISTED})": [faults],
        }
    return html.page(f"Check of {name}", sections)


def _table(rows):
    return rows[0], rows[1:]


def _worst(splits, tasks, report):
    """Parts of the page: a picture of each sample, and what is wrong."""
    parts = []
    worst = report.worst(SHOWN)
    samples = {
        (split, row): sample
        for split, dataset in splits.items()
        for row, sample in read_samples(
            dataset, [row for name, row in worst if name == split]
        )
    }
    for split, row in worst:
        name = report.name(split, row)
        parts.append(html.paragraph(name))
        figure = draw(tasks, *samples[split, row])
        if figure is not None:
            parts.append(html.picture(html.png(figure), f"{name}, its labels"))
        parts.append(html.table(("field", "problem"), report.of(split, row)))
    return parts


def read_samples(dataset, rows):
    """Reads some samples of a data set once more.

    Args:
        dataset: Batches in the order in which they were validated.
        rows: Numbers of samples.

    Yields:
        Pairs of a number and `(inputs, targets)`, dictionaries of arrays.
    """
    start = 0
    batches = iter(dataset)
    for row in sorted(rows):
        while row >= start:
            batch = to_batch("", start, next(batches))
            start += batch.rows
        place = row - batch.start
        parts = (batch.inputs, batch.targets)
        yield row, [{k: v[place] for k, v in part.items()} for part in parts]


def draw(tasks, inputs, targets):
    """Returns a figure of the picture and its labels, or None without one."""
    pictures = [
        value
        for value in inputs.values()
        if value.ndim == 3 and value.shape[-1] in (1, 3, 4)
    ]
    if not pictures:
        return None
    picture = np.nan_to_num(pictures[0])
    drawn = note(tasks, targets, picture.shape[:2])
    return explain.gallery(picture[None], {"labels": [drawn]})


def note(tasks, targets, size):
    """Returns what to draw of the labels of a sample; see `gallery`."""
    drawn, boxes = {}, np.zeros((0, 5))
    for task in tasks:
        value = targets.get(task.name)
        if value is None or describe_form(task, value[None]):
            continue
        if task.target.kind == "boxes":
            boxes = np.append(boxes, value, axis=0)
        if task.target.kind == "box":
            boxes = np.append(boxes, [[*value, 0]], axis=0)
        if task.target.kind == "mask" and value.shape[:2] == size:
            drawn["mask"] = value
    boxes = boxes[np.all(np.isfinite(boxes), axis=1)]
    if len(boxes):
        # What is far outside would make the picture small.
        drawn["boxes"] = np.clip(boxes[:, :4], 0, 1)
        drawn["classes"] = boxes[:, 4]
    return drawn
