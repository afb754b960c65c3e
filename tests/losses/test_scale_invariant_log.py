import numpy as np
import pytest
from differentiation import gradient
from keras import ops

from mm_keras.losses import ScaleInvariantLog

RNG = np.random.default_rng(0)
DEPTH = RNG.uniform(0.5, 10.0, (3, 4, 5, 1)).astype("float32")
LOGS = RNG.normal(size=(3, 4, 5, 1)).astype("float32")


def rows(loss, depth=DEPTH, logs=LOGS):
    loss.reduction = "none"
    return ops.convert_to_numpy(loss(depth, logs))


def paper(depth, logs, share):
    """Equation 4 of Eigen et al., pixel by pixel."""
    differences = [
        log - np.log(true)
        for true, log in zip(depth.ravel(), logs.ravel(), strict=True)
        if true > 0
    ]
    n = len(differences)
    squares = sum(d**2 for d in differences) / n
    return squares - share * sum(differences) ** 2 / n**2


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_values_are_those_of_the_paper(share):
    expected = [
        paper(depth, logs, share)
        for depth, logs in zip(DEPTH, LOGS, strict=True)
    ]
    found = rows(ScaleInvariantLog(scale_invariance=share))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_values_by_hand():
    # Errors of log 2 and 0: squares of mean log(2)^2 / 2, mean log(2) / 2.
    depth = np.array([1.0, 3.0]).reshape(1, 1, 2, 1)
    logs = np.log([2.0, 3.0]).reshape(1, 1, 2, 1)
    value = float(ScaleInvariantLog()(depth, logs))
    assert value == pytest.approx(np.log(2) ** 2 * (1 / 2 - 0.5 / 4))


def test_right_depth_costs_nothing():
    found = rows(ScaleInvariantLog(), logs=np.log(DEPTH))
    np.testing.assert_allclose(found, 0.0, atol=1e-12)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_wrong_scale_costs_the_share_that_is_not_forgiven(factor):
    for share in (0.0, 0.5, 1.0):
        loss = ScaleInvariantLog(scale_invariance=share)
        found = rows(loss, logs=np.log(factor * DEPTH))
        expected = (1 - share) * np.log(factor) ** 2
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)


def test_unit_of_the_depth_does_not_matter():
    found = rows(ScaleInvariantLog(), 1000 * DEPTH, LOGS + np.log(1000))
    np.testing.assert_allclose(found, rows(ScaleInvariantLog()), rtol=1e-4)


@pytest.mark.parametrize("unknown", [0.0, np.nan, np.inf, -1.0])
class TestUnknownPixels:
    def test_are_as_if_they_had_been_cut_off(self, unknown):
        border = np.full((3, 4, 2, 1), unknown, "float32")
        depth = np.concatenate([DEPTH, border], axis=2)
        logs = RNG.normal(size=(3, 4, 7, 1)).astype("float32")
        np.testing.assert_allclose(
            rows(ScaleInvariantLog(), depth, logs),
            rows(ScaleInvariantLog(), DEPTH, logs[:, :, :5]),
            rtol=1e-5,
        )

    def test_have_no_gradient(self, unknown):
        depth = DEPTH.copy()
        depth[:, 0] = unknown
        loss = ScaleInvariantLog()
        found = gradient(lambda logs: loss(depth, logs), LOGS)
        assert np.all(found[:, 0] == 0)
        assert np.all(np.isfinite(found)) and np.any(found[:, 1:] != 0)

    def test_nothing_but_them_costs_nothing(self, unknown):
        depth = np.full_like(DEPTH, unknown)
        loss = ScaleInvariantLog()
        found = gradient(lambda logs: loss(depth, logs), LOGS)
        np.testing.assert_array_equal(found, np.zeros_like(LOGS))
        np.testing.assert_array_equal(rows(loss, depth), np.zeros(3))


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan])
def test_wrong_share_is_explained(wrong):
    with pytest.raises(ValueError, match="`scale_invariance`.*0 to 1.*Rec"):
        ScaleInvariantLog(scale_invariance=wrong)
