"""What is measured of a model: names, meanings, and which way is better."""

import math

# Of each measure, what it means, and whether more of it is better.
MEANINGS = {
    "loss": ("loss", False),
    "accuracy": ("accuracy", True),
    "f1": ("macro F1 at threshold 0.5", True),
    "mae": ("mean absolute error", False),
    "iou": ("mean overlap with the box (IoU)", True),
    "mean_iou": ("mean IoU over the classes", True),
    "ap": ("average precision of the boxes (AP)", True),
    "ap50": ("at half an overlap (AP50)", True),
    "ap75": ("at three quarters of an overlap (AP75)", True),
    "abs_rel": ("mean relative error of the depth", False),
    "rmse": ("root of the mean squared error", False),
    "distance": ("mean distance of the points, in picture sizes", False),
    "pck": ("share of points within 0.05 of the picture (PCK)", True),
    "delta": ("share of pixels right up to a factor of 1.25", True),
}
# Only these are logged while a training lasts.
LOGGED_OF_BOXES = ("ap", "ap50")


def logged(tasks):
    """Returns what is logged of validation data.

    Args:
        tasks: List of the tasks of a model.

    Returns:
        Dictionary from name, `val_<task>_<measure>`, to measure.
    """
    found = {"val_loss": "loss"}
    for task in tasks:
        measures = ["loss", *(metric.name for metric in task.make_metrics())]
        if task.target.kind == "boxes":
            measures += LOGGED_OF_BOXES
        found |= {f"val_{task.name}_{m}": m for m in measures}
    return found


def find_mode(monitor, tasks):
    """Says whether more or less of a number is better.

    Args:
        monitor: Name in the logs.
        tasks: List of the tasks of a model.

    Returns:
        `"max"` or `"min"`.

    Raises:
        ValueError: If no such number is logged.
    """
    known = logged(tasks)
    if monitor not in known:
        raise ValueError(
            f"--monitor expects one of {', '.join(known)}. Received: "
            f"{monitor}. Choose the number that matters most to you."
        )
    return "max" if MEANINGS[known[monitor]][1] else "min"


def rows(tasks, scores):
    """Returns the rows of a table: task, measure, and a number for each data.

    Args:
        tasks: List of the tasks of a model.
        scores: Dictionary from the name of some data to what was measured on
            it, a dictionary of numbers by name.
    """
    names = list(dict.fromkeys(n for s in scores.values() for n in s))
    found = [("all", "loss", "loss")] if "loss" in names else []
    for task in tasks:
        for measure, (meaning, _) in MEANINGS.items():
            name = f"{task.name}_{measure}"
            if name in names:
                found.append((task.name, meaning, name))
    return [
        (task, meaning, *(_format(s.get(name)) for s in scores.values()))
        for task, meaning, name in found
    ]


def table(tasks, scores):
    """Returns the rows as lines of text, under a header."""
    lines = [("task", "measure", *scores), *rows(tasks, scores)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def line(logs):
    """Returns what was logged of an epoch, in one line: no task's loss."""
    names = [name for name in logs if name.startswith("val_")]
    scores = [name for name in names if not name.endswith("_loss")]
    shown = dict.fromkeys(["val_loss", *scores])
    return ", ".join(
        f"{name.removeprefix('val_')} {logs[name]:.3f}" for name in shown
    )


def _format(value):
    if value is None or not math.isfinite(value):
        return "none"
    return f"{value:.3f}"
