import numpy as np
import pytest
from differentiation import gradient

from mm_keras.losses import PointsLoss

NAN = np.nan


def by_hand(true, predicted, delta, weight):
    """The formula, example by example and point by point."""
    values = []
    for points, rows in zip(true, predicted, strict=True):
        places, entropies = [], []
        for point, (y, x, logit) in zip(points, rows, strict=True):
            probability = 1 / (1 + np.exp(-logit))
            if np.isnan(point).any():
                entropies.append(-np.log(1 - probability))
                continue
            entropies.append(-np.log(probability))
            distances = abs(y - point[0]), abs(x - point[1])
            places.append(
                sum(
                    d**2 / (2 * delta) if d < delta else d - delta / 2
                    for d in distances
                )
            )
        place = sum(places) / max(len(places), 1)
        values.append(place + weight * sum(entropies) / len(entropies))
    return values


def test_values_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    true = rng.uniform(size=(4, 3, 2))
    true[1, 2] = true[3] = NAN
    predicted = rng.normal(0.5, 0.3, size=(4, 3, 3))
    loss = PointsLoss(delta=0.2, visibility_weight=0.3)
    np.testing.assert_allclose(
        loss.call(true.astype("float32"), predicted.astype("float32")),
        by_hand(true, predicted, 0.2, 0.3),
        rtol=1e-5,
    )


def test_the_place_of_an_invisible_point_does_not_matter():
    true = np.array([[[0.5, 0.5], [NAN, NAN]]], "float32")
    predicted = np.array([[[0.4, 0.9, 1.0], [0.3, 0.2, -1.0]]], "float32")
    slope = gradient(lambda p: PointsLoss()(true, p), predicted)
    assert np.all(slope[0, 1, :2] == 0)
    assert slope[0, 0, 0] < 0 < slope[0, 0, 1]
    # The first should be visible, the second should not.
    assert slope[0, 0, 2] < 0 < slope[0, 1, 2]


def test_perfect_points_cost_nothing():
    true = np.array([[[0.5, 0.5], [NAN, NAN]]])
    predicted = np.array([[[0.5, 0.5, 50.0], [0.0, 0.0, -50.0]]])
    assert float(PointsLoss()(true, predicted)) == pytest.approx(0, abs=1e-6)
