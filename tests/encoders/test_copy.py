import keras
import numpy as np
import pytest
from keras import layers

from mm_keras import encoders

ENCODERS = {
    "resnet": (
        lambda: encoders.resnet(18, (32, 32, 3), width=8),
        np.ones((1, 32, 32, 3)),
    ),
    "lstm": (lambda: encoders.lstm(9, 4, units=3), np.array([[1, 2, 0, 0]])),
    "optional": (
        lambda: encoders.optional(encoders.mlp(3, (2,))),
        [np.ones((2, 3)), np.array([0.0, 1.0])],
    ),
    "sequential": (
        lambda: keras.Sequential([keras.Input((3,)), layers.Dense(2)]),
        np.ones((1, 3)),
    ),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_a_copy_gives_the_same(name):
    make, x = ENCODERS[name]
    encoder = make()
    twin = encoders.copy(encoder, "twin")
    assert twin.name == "twin"
    assert type(twin) is type(encoder)
    keras.tree.map_structure(np.testing.assert_array_equal, twin(x), encoder(x))


def test_a_copy_is_trained_on_its_own():
    encoder = encoders.mlp(3, (2,))
    twin = encoders.copy(encoder, "twin")
    before = encoder.get_weights()
    for weight in twin.weights:
        weight.assign(weight + 1.0)
    for old, new in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
