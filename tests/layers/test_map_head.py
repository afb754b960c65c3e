import keras
import numpy as np
import pytest

from mm_keras.layers import map_head
from mm_keras.layers import MapHead


def pyramid(levels=(2, 3), size=32, channels=5, seed=0):
    rng = np.random.default_rng(seed)
    return {
        f"P{level}": rng.normal(
            size=(2, size >> level, size >> level, channels)
        ).astype("float32")
        for level in levels
    }


@pytest.mark.parametrize("levels", [(0, 1), (1, 2), (2, 3, 4), (3,)])
def test_gives_a_value_for_every_pixel(levels):
    outputs = MapHead(7, channels=8)(pyramid(levels))
    assert tuple(outputs.shape) == (2, 32, 32, 7)


def test_takes_pictures_of_any_size():
    inputs = {
        level: keras.Input((None, None, 5), name=level) for level in pyramid()
    }
    model = keras.Model(inputs, MapHead(3, channels=8)(inputs))
    for size in (16, 64):
        assert model(pyramid(size=size)).shape[1:3] == (size, size)


def test_pixels_of_a_cell_stay_in_it():
    # One cell of 2 x 2 pixels with one value each: 0 1 / 2 3.
    cell = np.arange(4.0).reshape(1, 1, 1, 4)
    pixels = map_head.depth_to_space(cell, 2)
    np.testing.assert_array_equal(pixels[0, :, :, 0], [[0, 1], [2, 3]])


def test_the_values_of_a_pixel_stay_together():
    # Two units per pixel: channels are pixel by pixel.
    cell = np.arange(8.0).reshape(1, 1, 1, 8)
    pixels = map_head.depth_to_space(cell, 2)
    np.testing.assert_array_equal(pixels[0, 1, 0], [4, 5])


def test_enlarging_repeats_cells():
    cells = np.array([[1.0, 2.0]]).reshape(1, 1, 2, 1)
    large = map_head.enlarge(cells, 2)
    np.testing.assert_array_equal(large[0, :, :, 0], [[1, 1, 2, 2]] * 2)


def test_moves_with_its_input():
    # Convolutions and reshapes move with the picture, away from the border.
    head = MapHead(2, channels=8)
    features = np.zeros((1, 16, 16, 3), "float32")
    features[0, 5, 5] = 1.0
    moved = np.roll(features, 4, axis=2)
    one = np.asarray(head({"P2": features}))
    other = np.asarray(head({"P2": moved}))
    np.testing.assert_allclose(
        other[:, :, 16:-8], np.roll(one, 16, axis=2)[:, :, 16:-8], atol=1e-5
    )
