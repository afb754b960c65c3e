import itertools

import keras
import numpy as np
import pytest

from mm_keras import layers
from mm_keras.layers.stitch import stitch

RNG = np.random.default_rng(0)
SHAPES = [(3, 4), (3, 5, 4), (3, 2, 5, 4)]
CLASSES = [layers.CrossStitch, layers.NDDR]


def columns(shape, tasks=("b", "a", "c")):
    return {task: RNG.normal(size=shape).astype("float32") for task in tasks}


def with_random_weights(layer, features):
    layer(features)
    weights = [RNG.uniform(0.2, 1, w.shape) for w in layer.weights]
    layer.set_weights(weights)
    return layer


@pytest.mark.parametrize("shape", SHAPES)
def test_cross_stitch_is_the_formula_of_the_paper(shape):
    features = columns(shape)
    layer = with_random_weights(layers.CrossStitch(), features)
    alpha, order = layer.get_weights()[0], ["a", "b", "c"]
    found = layer(features)
    for t, task in enumerate(order):
        for c in range(4):
            expected = sum(
                alpha[t, k, c] * features[other][..., c]
                for k, other in enumerate(order)
            )
            np.testing.assert_allclose(found[task][..., c], expected, atol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("training", [False, True])
def test_nddr_is_a_projection_normalized(shape, training):
    features = columns(shape)
    layer = with_random_weights(layers.NDDR(), features)
    kernel, *norms = layer.get_weights()
    joined = np.concatenate([features[n] for n in ("a", "b", "c")], axis=-1)
    found = layer(features, training=training)
    for t, task in enumerate(("a", "b", "c")):
        x = np.zeros(shape)
        for position in itertools.product(*map(range, shape[:-1])):
            x[position] = joined[position] @ kernel[t]
        gamma, beta, mean, variance = norms[4 * t : 4 * t + 4]
        if training:
            axes = tuple(range(len(shape) - 1))
            mean, variance = x.mean(axes), x.var(axes)
        x = gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta
        np.testing.assert_allclose(found[task], np.maximum(x, 0), atol=2e-5)


def test_a_task_starts_with_its_own_features_and_an_equal_rest():
    layer = layers.CrossStitch(self_weight=0.8)
    layer(columns((2, 5)))
    alpha = layer.get_weights()[0]
    expected = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
    assert alpha.shape == (3, 3, 5)
    for c in range(5):
        np.testing.assert_allclose(alpha[:, :, c], expected, atol=1e-6)


def test_nddr_starts_from_the_same_mixture():
    features = columns((2, 3, 3, 4))
    stitched = layers.CrossStitch(self_weight=0.8)(features)
    layer = layers.NDDR(self_weight=0.8, activation=None)
    found = layer(features)
    assert layer.get_weights()[0].shape == (3, 12, 4)
    for task, value in stitched.items():
        np.testing.assert_allclose(
            found[task] * np.sqrt(1 + 1e-3), value, atol=1e-5
        )


@pytest.mark.parametrize("as_list", [False, True])
def test_full_self_weight_changes_nothing(as_list):
    features = columns((2, 3, 4))
    given = list(features.values()) if as_list else features
    found = layers.CrossStitch(self_weight=1.0)(given)
    assert type(found) is type(given)
    keras.tree.map_structure(np.testing.assert_array_equal, found, given)


@pytest.mark.parametrize("cls", CLASSES)
def test_the_order_of_names_changes_nothing(cls):
    features = columns((2, 3))
    layer = with_random_weights(cls(), features)
    other_way = dict(reversed(features.items()))
    found, expected = layer(other_way), layer(features)
    assert list(found) == list(other_way)
    for task, value in expected.items():
        np.testing.assert_array_equal(found[task], value)


@pytest.mark.parametrize("cls", CLASSES)
def test_implicit_masks_end_here_without_a_warning(cls):
    embedding = keras.layers.Embedding(5, 4, mask_zero=True)
    tokens = embedding(np.array([[1, 2, 0]]))
    found = cls()([tokens, tokens])
    assert all(getattr(t, "_keras_mask", None) is None for t in found)
    keras.layers.Dense(2)(found[0])


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("self_weight", [-0.1, 1.1, "most"])
def test_wrong_self_weight_is_explained(cls, self_weight):
    with pytest.raises(ValueError, match=r"from 0 to 1.*Received.*0\.9"):
        cls(self_weight=self_weight)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    "shapes",
    [[(2, 3, 4), (2, 3, 5)], [(2, 3, 4), (2, 5, 4)], [(2, 4), (2, 1, 4)]],
)
def test_mismatched_shapes_are_explained(cls, shapes):
    with pytest.raises(ValueError, match=r"one shape.*Received.*Stitch"):
        cls()([np.ones(shape) for shape in shapes])


@pytest.mark.parametrize("cls", CLASSES)
def test_one_task_is_explained(cls):
    for features in ({"mask": np.ones((2, 3))}, [np.ones((2, 3))]):
        with pytest.raises(ValueError, match=r"at least two.*Received"):
            cls()(features)


def test_a_stitch_is_a_new_layer_made_like_the_one_given():
    template = layers.NDDR(0.7, activation="tanh", dtype="mixed_bfloat16")
    made = stitch(template, "stitch1")
    assert made is not template
    assert made.name == "stitch1"
    assert {**made.get_config(), "name": template.name} == template.get_config()
    assert isinstance(stitch("nddr", "x"), layers.NDDR)
    assert isinstance(stitch("cross_stitch", "x"), layers.CrossStitch)


@pytest.mark.parametrize("wrong", ["sluice", None])
def test_an_unknown_stitch_is_explained(wrong):
    with pytest.raises(ValueError, match=r"cross_stitch.*Received.*Pass"):
        stitch(wrong, "x")
