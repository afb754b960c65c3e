import keras
import numpy as np
import pytest
from keras import layers

from mm_keras import encoders
from mm_keras.encoders import views


def test_one_stage_is_convolution_pooling_and_flatten():
    encoder = encoders.convnet((8, 8, 3), (32,), pooling="flatten")
    trunk = views.restrict(encoder, ["vector"], "image")
    plain = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ]
    )
    plain.set_weights(trunk.get_weights())
    x = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3))
    np.testing.assert_allclose(
        trunk(x)["vector"], plain(x / 127.5 - 1), rtol=1e-4, atol=1e-5
    )


def test_levels_follow_the_stages():
    encoder = encoders.convnet((32, 16, 1), (4, 8, 8, 16), pyramid_channels=6)
    shapes = {k: v.shape[1:] for k, v in encoder.output["pyramid"].items()}
    assert shapes == {"P2": (8, 4, 6), "P3": (4, 2, 6), "P4": (2, 1, 6)}


@pytest.mark.parametrize(
    "shape, filters", [((30, 32, 3), (8, 8)), ((32, 32, 3), ())]
)
def test_wrong_size_is_explained(shape, filters):
    with pytest.raises(ValueError, match=r"expects.*Received"):
        encoders.convnet(shape, filters)


def test_flatten_needs_a_size():
    with pytest.raises(ValueError, match=r"expects.*Received.*average"):
        encoders.convnet((None, None, 3), (8,), pooling="flatten")
