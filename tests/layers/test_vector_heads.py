import keras
import numpy as np
import pytest

from mm_keras.layers import PyramidVectorHead
from mm_keras.layers import VectorHead


def test_hidden_layers_stand_before_the_output():
    head = VectorHead(10, hidden_units=(100,))
    head.build((None, 512))
    shapes = [tuple(w.shape) for w in head.weights]
    assert shapes == [(512, 100), (100,), (100, 10), (10,)]


def test_a_vector_head_without_hidden_layers_is_linear():
    head = VectorHead(3)
    vectors = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    head.build(vectors.shape)
    kernel, bias = head.get_weights()
    np.testing.assert_allclose(
        head(vectors), vectors @ kernel + bias, atol=1e-5
    )


def passing_head(levels, votes, pooled):
    """A head of one channel whose cells are their inputs, if not negative."""
    head = PyramidVectorHead(1, channels=1)
    head.build({level: (1, None, None, 1) for level in levels})
    for level in levels:
        head.cells[level].set_weights([np.ones((1, 1)), np.zeros(1)])
        # Scale, offset, moving mean and moving variance.
        variance = 1 - head.norms[level].epsilon
        head.norms[level].set_weights(np.array([[1], [0], [0], [variance]]))
    head.votes.set_weights([np.full((1, 1), votes), np.zeros(1)])
    head.pooled.set_weights([np.array(pooled)[:, None], np.zeros(1)])
    return head


def test_the_strongest_vote_of_any_cell_and_level_counts():
    head = passing_head(["P2", "P3"], votes=2.0, pooled=[0.0] * 4)
    pyramid = {
        "P2": np.zeros((1, 4, 4, 1), "float32"),
        "P3": np.zeros((1, 2, 2, 1), "float32"),
    }
    pyramid["P2"][0, 3, 3] = 1.0
    pyramid["P3"][0, 1, 0] = 3.0
    assert float(head(pyramid)[0, 0]) == pytest.approx(6.0)


def test_what_is_pooled_is_the_mean_and_the_maximum():
    head = passing_head(["P2"], votes=0.0, pooled=[1.0, 10.0])
    pyramid = {"P2": np.array([-9.0, 0.0, 0.0, 4.0]).reshape(1, 2, 2, 1)}
    # 1 * mean + 10 * max; the negative cell counts as 0.
    assert float(head(pyramid)[0, 0]) == pytest.approx(41.0)


def test_moving_an_object_changes_nothing():
    head = PyramidVectorHead(2)
    keras.utils.set_random_seed(0)
    features = np.zeros((1, 8, 8, 3), "float32")
    features[0, 1, 1] = [1.0, -2.0, 3.0]
    moved = np.roll(features, (4, 5), axis=(1, 2))
    np.testing.assert_allclose(
        head({"P2": features}), head({"P2": moved}), atol=1e-6
    )


def test_looks_at_the_chosen_levels_only():
    rng = np.random.default_rng(0)
    pyramid = {
        f"P{level}": rng.normal(size=(2, 16 >> level, 16 >> level, 3))
        for level in (1, 2, 3)
    }
    head = PyramidVectorHead(4, levels=("P2", "P3"))
    before = head(pyramid)
    assert set(head.cells) == {"P2", "P3"}
    changed = {**pyramid, "P1": np.zeros((2, 8, 8, 3))}
    np.testing.assert_array_equal(head(changed), before)


def test_a_level_that_is_not_there_is_explained():
    head = PyramidVectorHead(4, levels=("P2", "P5"))
    with pytest.raises(ValueError, match=r"P5.*Received.*P2.*Choose"):
        head({"P2": np.ones((2, 8, 8, 3))})
