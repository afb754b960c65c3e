"""What labels of kinds that arrays seldom have may be."""

import types

import numpy as np
import pytest

from mm_keras.data.checks import check_labels
from mm_keras.data.checks import find_problems

NAN = np.nan


def task_of(kind, num_classes=None):
    target = types.SimpleNamespace(kind=kind, num_classes=num_classes)
    return types.SimpleNamespace(name="it", target=target, loss=None)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("depth", [[[[0.0], [NAN], [80.0]]]]),
        ("tags", [[0, 3, -1], [-1, -1, -1]]),
        ("points", [[[0.0, 1.0], [NAN, NAN]]]),
    ],
)
def test_possible_labels_have_no_problem(kind, rows):
    assert not list(find_problems(task_of(kind, 4), np.array(rows)))


@pytest.mark.parametrize(
    ("kind", "rows", "said"),
    [
        ("depth", [[[[0.0], [np.inf]]]], r"depths above 0.*inf in row 0"),
        ("depth", [[[[1.0], [-1.0]]]], "depths above 0.*-1.0 in row 0"),
        ("tags", [[0, 3, -1], [-1, 4, -1]], r"from 0 to 3.*4 in row 1.*\(1,\)"),
        ("points", [[[0.5, 1.5]]], r"points y, x.*\[0.5, 1.5\] in row 0"),
        ("points", [[[0.5, NAN]]], r"points y, x.*\[0.5, nan\] in row 0"),
    ],
)
def test_impossible_labels_are_explained(kind, rows, said):
    with pytest.raises(ValueError, match=f"'it' expect .*{said}"):
        check_labels(task_of(kind, 4), np.array(rows))


def test_every_rule_that_is_broken_is_a_problem_of_its_own():
    boxes = np.array([[[0.2, 0.1, 0.1, 7.0, 9.0]]])
    problems = list(find_problems(task_of("boxes", 4), boxes))
    assert [problem.rule for problem in problems] == [
        "outside",
        "order",
        "class",
    ]
    assert problems[0].first(0) == (0, 0)
