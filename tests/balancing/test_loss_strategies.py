import numpy as np
import pytest
from differentiation import gradient
from differentiation import weight_gradients
from keras import ops

from mm_keras.balancing import Equal
from mm_keras.balancing import Uncertainty

LOSSES = np.array([0.5, 2.0, 3.0], "float32")


def with_log_variance(values):
    strategy = Uncertainty()
    strategy.build((len(values),))
    strategy.built = True
    strategy.log_variance.assign(values)
    return strategy


def test_equal_is_the_sum():
    assert float(Equal()(LOSSES)) == 0.5 + 2.0 + 3.0
    np.testing.assert_array_equal(gradient(Equal(), LOSSES), np.ones(3))


def test_equal_has_nothing_to_train():
    strategy = Equal()
    strategy.build(strategy.rows_shape(3))
    assert strategy.variables == []


class TestUncertainty:
    def test_values_are_those_of_the_formula(self):
        s = np.array([0.0, 1.0, -2.0], "float32")
        expected = np.sum(0.5 * np.exp(-s) * LOSSES + 0.5 * s)
        value = float(with_log_variance(s)(LOSSES))
        assert value == pytest.approx(expected, rel=1e-6)

    def test_starts_with_a_half_of_each_loss(self):
        assert float(Uncertainty()(LOSSES)) == pytest.approx(5.5 / 2)

    def test_starts_from_the_variance_it_is_given(self):
        strategy = Uncertainty(initial_log_variance=np.log(4.0).item())
        # 1 / (2 * 4) of each loss, and log(4) / 2 for each task.
        expected = 5.5 / 8 + 3 * np.log(4.0) / 2
        assert float(strategy(LOSSES)) == pytest.approx(expected, rel=1e-6)

    def test_gradient_of_a_loss_is_its_precision(self):
        s = np.array([0.0, 1.0, -2.0], "float32")
        found = gradient(with_log_variance(s), LOSSES)
        np.testing.assert_allclose(found, 0.5 * np.exp(-s), rtol=1e-5)

    def test_variance_settles_where_it_is_the_loss(self):
        # 0.5 * (1 - exp(-s) * loss) = 0 at s = log(loss).
        strategy = with_log_variance(np.log(LOSSES))
        (found,) = weight_gradients(
            strategy, (LOSSES,), lambda value: value
        ).values()
        np.testing.assert_allclose(found, np.zeros(3), atol=1e-6)

    def test_noisier_task_counts_less(self):
        quiet, noisy = with_log_variance(np.array([0.0, 2.0])), LOSSES[:2]
        found = gradient(quiet, noisy)
        assert found[0] > found[1] > 0

    def test_loss_of_zero_is_finite(self):
        assert np.isfinite(float(Uncertainty()(np.zeros(3, "float32"))))

    def test_has_one_variance_per_task(self):
        strategy = Uncertainty()
        strategy.build(strategy.rows_shape(4))
        assert [tuple(w.shape) for w in strategy.trainable_weights] == [(4,)]
        assert ops.convert_to_numpy(strategy.log_variance).tolist() == [0] * 4
