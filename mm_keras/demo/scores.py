"""What the demo tells, out of all that is measured."""

# By the name in the logs: the short name, the task and the long name.
SCORES = {
    "digits_ap": ("AP", "digits", "average precision of the boxes (AP)"),
    "digits_ap50": ("AP50", "digits", "at half an overlap (AP50)"),
    "mask_mean_iou": ("mean IoU", "mask", "mean IoU over the 11 classes"),
    "present_f1": ("F1", "present", "macro F1 at threshold 0.5"),
    "count_mae": ("count error", "count", "mean absolute error, whole numbers"),
}


def line(logs, prefix="val_"):
    """Returns the scores in one line: `AP 0.752, AP50 0.981, ...`."""
    return ", ".join(
        f"{short} {logs[prefix + name]:.3f}"
        for name, (short, _, _) in SCORES.items()
        if prefix + name in logs
    )


def rows(scores):
    """Returns a row for each score: the task, what is measured, the number."""
    return [
        (task, what, _format(scores[name]))
        for name, (_, task, what) in SCORES.items()
    ]


def table(scores):
    """Returns the scores as lines of text, for a terminal."""
    return "\n".join(
        f"  {task:8} {what:37} {number:>5}"
        for task, what, number in rows(scores)
    )


def _format(value):
    return "none" if value is None else f"{value:.3f}"
