"""What is measured has a meaning, and a better and a worse."""

import inspect
import math

import pytest

from mm_keras import tasks
from mm_keras_cli.runs import measures
from mm_keras_cli.task_arguments import NUMBERS

TASKS = [
    tasks.detection("digits", 10),
    tasks.multi_label("present", 10),
    tasks.regression("count"),
]
SCORES = {
    "loss": 2.0,
    "digits_loss": 1.0,
    "digits_ap": 0.75123,
    "digits_ap50": math.nan,
    "present_loss": 0.5,
    "present_f1": 0.25,
    "count_loss": 0.25,
    "count_mae": None,
}


def test_every_metric_of_every_task_has_a_meaning():
    for kind, number in NUMBERS.items():
        needed = inspect.signature(getattr(tasks, kind)).parameters
        known = {number: 3} if number in needed else {}
        task = getattr(tasks, kind)("task", **known)
        for metric in task.make_metrics():
            assert metric.name in measures.MEANINGS


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [
        ("val_loss", "min"),
        ("val_digits_loss", "min"),
        ("val_digits_ap", "max"),
        ("val_digits_ap50", "max"),
        ("val_present_f1", "max"),
        ("val_count_mae", "min"),
    ],
)
def test_the_better_way_follows_from_the_name(monitor, mode):
    assert measures.find_mode(monitor, TASKS) == mode


@pytest.mark.parametrize(
    "monitor", ["digits_ap", "val_digits_f1", "val_digits_ap75", "loss"]
)
def test_what_is_not_logged_cannot_be_watched(monitor):
    with pytest.raises(
        ValueError, match=f"val_digits_ap50.*Received: {monitor}"
    ):
        measures.find_mode(monitor, TASKS)


def test_a_row_for_each_measure_and_a_column_for_each_data():
    rows = measures.rows(TASKS, {"validation": SCORES, "test": {"loss": 3.0}})
    assert rows[0] == ("all", "loss", "2.000", "3.000")
    assert rows[2][:3] == (
        *("digits", "average precision of the boxes (AP)", "0.751"),
    )
    assert [row[2] for row in rows] == [
        *("2.000", "1.000", "0.751", "none", "0.500", "0.250", "0.250", "none"),
    ]
    assert {row[3] for row in rows[1:]} == {"none"}


def test_the_table_has_straight_columns():
    lines = measures.table(TASKS, {"test[:20]": SCORES}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split() == ["task", "measure", "test[:20]"]
    assert len(lines) == 1 + len(SCORES)


def test_the_line_of_an_epoch_leaves_out_the_losses_of_tasks():
    logs = {"loss": 9.0, **{f"val_{n}": v or 0.1 for n, v in SCORES.items()}}
    assert measures.line(logs) == (
        "loss 2.000, digits_ap 0.751, digits_ap50 nan, present_f1 0.250, "
        "count_mae 0.100"
    )
