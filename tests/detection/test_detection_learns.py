import keras
import numpy as np
import pytest
from keras import layers

from mm_keras import detection


def scene(rng, size=32):
    """One or two bright rectangles, red or green, on noise."""
    picture = rng.integers(60, size=(size, size, 3)).astype("float32")
    rows = []
    for column in range(1 + rng.integers(2)):
        height, width = rng.integers(6, 14, size=2)
        y = rng.integers(size - height + 1)
        x = rng.integers(16 * column, 16 * column + 16 - width + 1)
        color = rng.integers(2)
        picture[y : y + height, x : x + width, color] = 255
        edges = np.array([y, x, y + height, x + width]) / size
        rows.append([*edges, color])
    return picture, rows


def pyramid(inputs):
    """Three convolutions a level, without a backbone to speak of."""

    def block(x):
        x = layers.Conv2D(24, 3, strides=2, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))

    p2 = block(block(layers.Rescaling(1 / 127.5, offset=-1)(inputs)))
    return {"P2": p2, "P3": block(p2)}


@pytest.mark.slow
def test_a_small_network_learns_to_find_rectangles(make):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    pictures, rows = zip(*(scene(rng) for _ in range(64)), strict=True)
    pictures, truth = np.stack(pictures), make.pad(*rows)
    inputs = keras.Input(pictures.shape[1:])
    head = detection.DetectionHead(2, channels=24, depth=1)
    model = keras.Model(inputs, head(pyramid(inputs)))
    model.compile(keras.optimizers.Adam(0.01), detection.DetectionLoss())
    model.fit(pictures, truth, batch_size=16, epochs=50, verbose=0)
    found = detection.DetectionDecoder()(model.predict(pictures, verbose=0))
    scores = detection.average_precision(
        truth,
        {k: keras.ops.convert_to_numpy(v) for k, v in found.items()},
        num_classes=2,
    )
    assert scores["ap50"] > 0.9
