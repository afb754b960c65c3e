"""`--task kind:name:number:option=value`, for every command with tasks."""

import argparse
import inspect
import re

import pytest

from mm_keras import tasks
from mm_keras_cli import task_arguments
from mm_keras_cli.task_arguments import parse
from mm_keras_cli.task_arguments import TaskArgument


def knows_nothing(kind, feature):
    return {}


def make(*texts, suggest=knows_nothing):
    return task_arguments.make_tasks([parse(text) for text in texts], suggest)


def test_every_kind_of_task_can_be_named():
    constructors = {
        name: getattr(tasks, name)
        for name in tasks.__all__
        if inspect.isfunction(getattr(tasks, name))
        and "feature" in inspect.signature(getattr(tasks, name)).parameters
    }
    assert set(constructors) == set(task_arguments.NUMBERS)
    for name, constructor in constructors.items():
        number = task_arguments.NUMBERS[name]
        parameters = inspect.signature(constructor).parameters
        assert number is None or number in parameters


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("regression:count", TaskArgument("regression", "count")),
        ("detection:digits:10", TaskArgument("detection", "digits", 10)),
        (
            "classification:breed:feature=label:weight=0.5",
            TaskArgument(
                "classification",
                "breed",
                None,
                {"feature": "label", "weight": "0.5"},
            ),
        ),
        (
            "detection:digits:10:max_boxes=4",
            TaskArgument("detection", "digits", 10, {"max_boxes": "4"}),
        ),
    ],
)
def test_a_task_is_a_kind_a_name_a_number_and_options(text, argument):
    assert parse(text) == argument


def test_the_feature_is_called_like_the_task_unless_told():
    assert parse("classification:breed").feature == "breed"
    task = parse("multi_label:seen:3:feature=objects/label")
    assert task.feature == "objects/label"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("detektion:digits", "a kind among alignment.*received 'detektion'"),
        ("detection", r"a name of letters.*received \[\]"),
        ("detection::10", r"a name of letters.*received \[''\]"),
        ("detection:my digits", "a name of letters"),
        ("detection:digits:ten", "whole number of at least 1, received 'ten'"),
        ("detection:digits:0", "at least 1, received '0'"),
        ("localization:head:4", "no number.*received '4'"),
        ("detection:digits:10:20", "OPTION=VALUE, received '20'"),
        ("detection:digits:weight=", "OPTION=VALUE, received 'weight='"),
        ("detection:digits:weight=1:weight=2", "once.*received 'weight=2'"),
    ],
)
def test_text_of_another_form_is_explained(text, said):
    with pytest.raises(argparse.ArgumentTypeError) as error:
        parse(text)
    assert re.search(said, str(error.value))
    assert str(error.value).endswith(f"in {text!r}")
    assert "expected KIND:NAME[:NUMBER]" in str(error.value)


def test_tasks_are_made_as_the_constructors_do():
    digits, count, head = make(
        "detection:digits:10:max_boxes=4",
        "regression:count:2:delta=0.1:hidden_units=100",
        "localization:head",
    )
    assert digits.target == tasks.detection("digits", 10, max_boxes=4).target
    same = tasks.regression("count", 2, delta=0.1, hidden_units=(100,))
    assert count.target == same.target
    assert count.head["config"]["hidden_units"] == [100]
    assert count.loss == same.loss != tasks.regression("count", 2).loss
    assert head.target.kind == "box"


def test_what_the_data_says_fills_in_what_was_not_said():
    def suggest(kind, feature):
        assert kind == "segmentation"
        return {"num_classes": {"mask": 3, "trimap": 4}[feature]}

    (task,) = make("segmentation:mask", suggest=suggest)
    assert task.target.num_classes == 3
    (task,) = make("segmentation:mask:feature=trimap", suggest=suggest)
    assert task.target.num_classes == 4
    (task,) = make("segmentation:mask:7", suggest=suggest)
    assert task.target.num_classes == 7


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ["detection:digits"],
            "expects the number of classes.*feature 'digits'. Write for "
            "example --task detection:digits:10",
        ),
        (
            ["detection:digits:10:max_box=4"],
            "expects options among num_classes, max_boxes.*max_box=4. See",
        ),
        (
            ["regression:count", "detection:count:2"],
            r"name of its own. Received: \['count', 'count'\]. Give two",
        ),
        (["classification:kind:1"], "at least 2. Received: num_classes=1"),
    ],
)
def test_tasks_that_cannot_be_made_are_explained(texts, said):
    with pytest.raises(ValueError, match=said):
        make(*texts)
