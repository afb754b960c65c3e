import math

import pytest

from mm_keras import metrics

# NYUv2, with 13 classes, depth and normals: what networks of one task each
# reached, and what is published of four ways to train them together.
NAMES = [
    "miou",
    "pixel_accuracy",
    "absolute",
    "relative",
    "mean_angle",
    "median_angle",
    "within_11",
    "within_22",
    "within_30",
]
SINGLE = [38.30, 63.76, 0.6754, 0.2780, 25.01, 19.21, 30.14, 57.20, 69.15]
HIGHER = dict(zip(NAMES, [True] * 2 + [False] * 4 + [True] * 3, strict=True))
PUBLISHED = {
    "equal": (
        [39.29, 65.33, 0.5493, 0.2263, 28.15, 23.96, 22.09, 47.50, 61.08],
        5.59,
    ),
    "pcgrad": (
        [38.06, 64.64, 0.5550, 0.2325, 27.41, 22.80, 23.86, 49.83, 63.14],
        3.97,
    ),
    "cagrad": (
        [39.79, 65.49, 0.5486, 0.2250, 26.31, 21.58, 25.61, 52.36, 65.58],
        0.19,
    ),
    "nash_mtl": (
        [40.13, 65.93, 0.5261, 0.2171, 25.26, 20.08, 28.40, 55.47, 68.15],
        -4.05,
    ),
}


def named(values):
    return dict(zip(NAMES, values, strict=True))


@pytest.mark.parametrize("method", PUBLISHED)
def test_published_rows_come_out(method):
    scores, expected = PUBLISHED[method]
    found = metrics.relative_improvement(
        named(scores), named(SINGLE), higher_is_better=HIGHER
    )
    assert found == pytest.approx(expected, abs=0.01)


def test_what_gets_better_is_negative_whichever_way_is_better():
    def change(score, higher):
        return metrics.relative_improvement(
            {"a": score}, {"a": 2.0}, higher_is_better=higher
        )

    assert change(3.0, True) == change(1.0, False) == -50.0
    assert change(1.0, True) == change(3.0, False) == 50.0
    assert change(2.0, True) == 0.0


def test_a_baseline_below_zero_keeps_the_direction():
    # From -2 to -1 is up, by half of what there was.
    assert (
        metrics.relative_improvement(
            {"likelihood": -1.0}, {"likelihood": -2.0}, higher_is_better=True
        )
        == -50.0
    )


def test_no_number_stays_none():
    assert math.isnan(
        metrics.relative_improvement(
            {"a": float("nan")}, {"a": 1.0}, higher_is_better=True
        )
    )


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_baseline_without_size_is_explained(value):
    with pytest.raises(ValueError, match="other than 0. Received.*'a'.*Leave"):
        metrics.relative_improvement(
            {"a": 1.0, "b": 1.0},
            {"a": value, "b": 1.0},
            higher_is_better=True,
        )


@pytest.mark.parametrize(
    ("scores", "baseline", "higher"),
    [
        ({"a": 1.0, "b": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"a": 1.0, "b": 1.0}, True),
        ({"a": 1.0}, {"a": 1.0}, {"b": True}),
        ({}, {}, True),
    ],
)
def test_missing_names_are_explained(scores, baseline, higher):
    with pytest.raises(ValueError, match="expects the names.*Received.*Give"):
        metrics.relative_improvement(scores, baseline, higher_is_better=higher)
