import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import balancing


class Ones(balancing.GramianBalancing):
    def task_weights(self, gramian, losses=None):
        return ops.ones_like(gramian[0])


def built(strategy, num_tasks=2):
    strategy.build(strategy.rows_shape(num_tasks))
    strategy.built = True
    return strategy


def test_weights_of_one_are_the_sum_of_the_gradients():
    gradients = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    np.testing.assert_allclose(
        ops.convert_to_numpy(Ones()(gradients)),
        gradients.sum(axis=0),
        rtol=1e-5,
    )


def test_gramian_strategy_sees_inner_products():
    seen = []

    class Spy(balancing.GramianBalancing):
        def task_weights(self, gramian, losses=None):
            seen.extend([ops.convert_to_numpy(gramian), losses])
            return ops.ones_like(gramian[0])

    gradients = np.array([[1.0, 2.0], [3.0, -1.0]], "float32")
    Spy()(gradients, np.array([5.0, 6.0], "float32"))
    np.testing.assert_allclose(seen[0], [[1 + 4, 3 - 2], [3 - 2, 9 + 1]])
    np.testing.assert_allclose(ops.convert_to_numpy(seen[1]), [5, 6])


def test_rows_are_tasks_or_tasks_of_every_part_of_a_batch():
    assert balancing.Equal().rows_shape(3) == (3,)
    assert balancing.PCGrad().rows_shape(3) == (3, None)

    class OnTwoBatches(Ones):
        num_batches = 2

    assert OnTwoBatches().rows_shape(3) == (6, None)


def test_weights_that_are_not_finite_are_not_remembered():
    strategy = built(Ones())
    strategy.remember(np.array([2.0, 3.0], "float32"))
    for wrong in (np.nan, np.inf):
        strategy.remember(np.array([1.0, wrong], "float32"))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(strategy.last_weights), [2.0, 3.0]
    )


def test_first_weights_are_the_plain_sum():
    strategy = built(Ones(update_every=4), num_tasks=3)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(strategy.last_weights), np.ones(3)
    )


def test_bookkeeping_is_not_trained():
    assert built(balancing.PCGrad()).trainable_weights == []


def test_state_of_another_number_of_tasks_is_left_alone():
    two, three = built(Ones(), 2), built(Ones(), 3)
    two.remember(np.array([5.0, 6.0], "float32"))
    store = {}
    two.save_own_variables(store)
    three.load_own_variables(store)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(three.last_weights), np.ones(3)
    )


def test_random_state_is_saved_where_keras_forgets_it():
    # The generator is no weight of the layer.
    strategy, twin = built(balancing.PCGrad(seed=1)), built(balancing.PCGrad())
    rows = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    strategy(rows)
    store = {}
    strategy.save_own_variables(store)
    twin.load_own_variables(store)
    for _ in range(5):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(strategy(rows)),
            ops.convert_to_numpy(twin(rows)),
        )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_other_dtypes_have_to_be_asked_for(policy):
    keras.config.set_dtype_policy(policy)
    assert balancing.Uncertainty().compute_dtype == "float32"
    assert balancing.Uncertainty(dtype="float16").compute_dtype == "float16"


@pytest.mark.parametrize("wrong", [0, -1, 2.0, None])
def test_wrong_update_every_is_explained(wrong):
    message = r"`update_every` of PCGrad.*at least 1.*Received.*every step"
    with pytest.raises(ValueError, match=message):
        balancing.PCGrad(update_every=wrong)


def test_wrong_level_is_explained():
    message = r"`level` of PCGrad.*'features'.*Received: level='weights'.*fast"
    with pytest.raises(ValueError, match=message):
        balancing.PCGrad(level="weights")


class TestGet:
    @pytest.mark.parametrize("name", balancing.STRATEGIES)
    def test_every_name_is_a_strategy(self, name):
        strategy = balancing.get(name)
        assert type(strategy) is balancing.STRATEGIES[name]
        assert balancing.get(name) is not strategy

    def test_strategies_and_none_are_given_back(self):
        strategy = balancing.PCGrad()
        assert balancing.get(strategy) is strategy
        assert balancing.get(None) is None

    def test_configuration_becomes_a_strategy(self):
        strategy = balancing.PCGrad(seed=3, level="features", update_every=2)
        config = keras.saving.serialize_keras_object(strategy)
        twin = balancing.get(config)
        assert twin.get_config() == strategy.get_config()

    def test_every_public_strategy_has_a_name(self):
        bases = {
            "Balancing",
            "GradientBalancing",
            "GramianBalancing",
            "LossBalancing",
            "get",
        }
        named = {c.__name__ for c in balancing.STRATEGIES.values()}
        assert named == set(balancing.__all__) - bases

    @pytest.mark.parametrize("wrong", ["pc_grad", 3, balancing.PCGrad])
    def test_unknown_strategy_is_explained(self, wrong):
        message = r"`balancing` expects.*'pcgrad'.*Received.*PCGrad\("
        with pytest.raises(ValueError, match=message):
            balancing.get(wrong)
