import numpy as np
import pytest

from mm_keras.metrics import PointAccuracy
from mm_keras.metrics import PointDistance

TRUE = np.array(
    [
        [[0.5, 0.5], [0.2, 0.2]],
        [[0.1, 0.1], [np.nan, np.nan]],
    ]
)
# Off by 0.5, 0, 0.05 and anything.
FOUND = np.array(
    [
        [[0.8, 0.9], [0.2, 0.2]],
        [[0.1, 0.15], [0.7, 0.7]],
    ]
)


@pytest.mark.parametrize("found", [FOUND, {"points": FOUND, "scores": 0}])
def test_only_visible_points_count(found):
    metric = PointDistance()
    metric.update_state(TRUE, found)
    assert float(metric.result()) == pytest.approx(0.55 / 3)
    metric = PointAccuracy(0.06)
    metric.update_state(TRUE, found)
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_points_count_with_the_weight_of_their_example():
    metric = PointDistance()
    metric.update_state(TRUE, FOUND, np.array([1.0, 3.0]))
    assert float(metric.result()) == pytest.approx(0.65 / 5)
