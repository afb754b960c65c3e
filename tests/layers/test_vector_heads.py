import keras
import numpy as np

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


def test_the_strongest_vote_of_any_cell_and_level_counts():
    head = PyramidVectorHead(1)
    pyramid = {
        "P2": np.zeros((1, 4, 4, 1), "float32"),
        "P3": np.zeros((1, 2, 2, 1), "float32"),
    }
    pyramid["P3"][0, 1, 0] = 3.0
    head.build({level: x.shape for level, x in pyramid.items()})
    for level in pyramid:
        head.votes[level].set_weights([np.ones((1, 1)), np.zeros(1)])
    head.pooled.set_weights([np.zeros((4, 1))])
    assert float(head(pyramid)[0, 0]) == 3.0


def test_what_is_pooled_is_the_mean_and_the_maximum():
    head = PyramidVectorHead(1)
    pyramid = {"P2": np.array([0.0, 0.0, 0.0, 4.0]).reshape(1, 2, 2, 1)}
    head.build({"P2": (1, 2, 2, 1)})
    head.votes["P2"].set_weights([np.zeros((1, 1)), np.zeros(1)])
    head.pooled.set_weights([np.array([[1.0], [10.0]])])
    # 1 * mean + 10 * max.
    assert float(head(pyramid)[0, 0]) == 41.0


def test_moving_an_object_changes_no_vote():
    head = PyramidVectorHead(2)
    keras.utils.set_random_seed(0)
    features = np.zeros((1, 8, 8, 3), "float32")
    features[0, 1, 1] = [1.0, -2.0, 3.0]
    moved = np.roll(features, (4, 5), axis=(1, 2))
    np.testing.assert_allclose(
        head({"P2": features}), head({"P2": moved}), atol=1e-6
    )
