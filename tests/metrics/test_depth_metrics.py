import numpy as np
import pytest

from mm_keras.metrics import AbsoluteRelativeError
from mm_keras.metrics import DepthAccuracy
from mm_keras.metrics import DepthRMSE

RNG = np.random.default_rng(0)
TRUE = RNG.uniform(0.5, 10.0, (3, 4, 5, 1)).astype("float32")
PRED = (TRUE * RNG.uniform(0.6, 1.6, TRUE.shape)).astype("float32")
METRICS = [AbsoluteRelativeError, DepthRMSE, DepthAccuracy]


def measured(metric, *arguments):
    metric.update_state(*arguments)
    return float(metric.result())


def test_absolute_relative_error_is_that_of_the_paper():
    expected = np.mean(np.abs(PRED - TRUE) / TRUE)
    assert measured(AbsoluteRelativeError(), TRUE, PRED) == pytest.approx(
        expected, rel=1e-5
    )


def test_root_mean_squared_error_is_that_of_the_paper():
    expected = np.sqrt(np.mean((PRED - TRUE) ** 2))
    assert measured(DepthRMSE(), TRUE, PRED) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize("threshold", [1.25, 1.25**2])
def test_accuracy_is_that_of_the_paper(threshold):
    expected = np.mean(np.maximum(PRED / TRUE, TRUE / PRED) < threshold)
    assert 0 < expected < 1
    assert measured(DepthAccuracy(threshold), TRUE, PRED) == pytest.approx(
        expected
    )


def test_depths_below_zero_are_never_right():
    assert measured(DepthAccuracy(), TRUE, -TRUE) == 0.0


@pytest.mark.parametrize("metric", METRICS)
class TestAll:
    @pytest.mark.parametrize("unknown", [0.0, np.nan, np.inf])
    def test_unknown_pixels_do_not_count(self, metric, unknown):
        true = TRUE.copy()
        true[:, 1] = unknown
        pred = PRED.copy()
        pred[:, 1] = np.nan
        known = [0, 2, 3]
        assert measured(metric(), true, pred) == pytest.approx(
            measured(metric(), TRUE[:, known], PRED[:, known]), rel=1e-6
        )

    def test_weights_are_per_example(self, metric):
        weight = np.array([2, 0, 1])
        rows = np.repeat(np.arange(3), weight)
        assert measured(metric(), TRUE, PRED, weight) == pytest.approx(
            measured(metric(), TRUE[rows], PRED[rows]), rel=1e-6
        )

    def test_right_depth_is_best(self, metric):
        best = 1.0 if metric is DepthAccuracy else 0.0
        assert measured(metric(), TRUE, TRUE) == best

    def test_nothing_known_is_zero(self, metric):
        assert measured(metric(), np.zeros_like(TRUE), PRED) == 0.0


@pytest.mark.parametrize("wrong", [1.0, 0.8, np.nan])
def test_wrong_threshold_is_explained(wrong):
    with pytest.raises(ValueError, match="`threshold`.*above 1.*Rec.*1.25"):
        DepthAccuracy(wrong)
