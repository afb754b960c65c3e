import keras
import numpy as np
import pytest

from mm_keras import layers

RNG = np.random.default_rng(0)
PARENTS = [
    {"a": RNG.normal(size=(3, 4)), "b": RNG.normal(size=(3, 2, 2))}
    for _ in range(3)
]


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def with_logits(layer, logits):
    layer(PARENTS)
    layer.logits.assign(np.array(logits, "float32"))
    return layer


def test_training_draws_by_the_formula_of_the_paper():
    logits = RNG.normal(size=(2, 3))
    layer = with_logits(layers.Branching(2, 0.7, seed=9), logits)
    uniform = keras.random.uniform(
        (2, 3), 1e-7, 1.0, seed=keras.random.SeedGenerator(9)
    )
    noise = -np.log(-np.log(np.float64(uniform)))
    d = softmax((np.log(softmax(logits)) + noise) / 0.7)
    for j, child in enumerate(layer(PARENTS, training=True)):
        for name in ("a", "b"):
            expected = sum(d[j, i] * p[name] for i, p in enumerate(PARENTS))
            np.testing.assert_allclose(child[name], expected, atol=1e-4)


def test_otherwise_a_child_takes_its_most_probable_parent():
    layer = with_logits(layers.Branching(2), [[0, 1, 0.9], [3, 2, 1]])
    assert layer.chosen() == [1, 0]
    for child, i in zip(layer(PARENTS), [1, 0], strict=True):
        for name, value in child.items():
            np.testing.assert_array_equal(value, np.float32(PARENTS[i][name]))


def test_a_low_temperature_draws_one_parent_as_often_as_is_probable():
    p = np.array([0.5, 0.3, 0.2])
    layer = with_logits(layers.Branching(1000, 1e-3), [np.log(p)] * 1000)
    unit = [{"x": row[None]} for row in np.eye(3)]
    drawn = np.array([child["x"][0] for child in layer(unit, training=True)])
    assert np.mean(np.max(drawn, axis=1)) > 0.99
    np.testing.assert_allclose(drawn.mean(axis=0), p, atol=0.06)


def test_the_temperature_follows_the_steps_of_training():
    schedule = keras.optimizers.schedules.PolynomialDecay(1000.0, 2, 1e-3)
    layer = layers.Branching(1, schedule)
    largest = []
    unit = [{"x": row[None]} for row in np.eye(3)]
    for _ in range(3):
        layer(unit)
        (child,) = layer(unit, training=True)
        largest.append(float(np.max(child["x"])))
    assert largest[0] < 0.35
    assert largest[2] > 0.99
    assert int(layer.steps) == 3


@pytest.mark.parametrize(
    "arguments, match",
    [
        ({"children": 0}, "at least 1.*Received: children=0.*Pass"),
        ({"children": 2, "temperature": 0}, "positive.*Received.*chooses"),
        ({"children": 2, "temperature": "low"}, "positive.*Received.*'low'"),
    ],
)
def test_wrong_arguments_are_explained(arguments, match):
    with pytest.raises(ValueError, match=match):
        layers.Branching(**arguments)
