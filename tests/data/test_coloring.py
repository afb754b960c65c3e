"""Colours: one matrix does what four changes in turn would do."""

import numpy as np
import pytest
import tensorflow as tf

from mm_keras.data import Augmentation
from mm_keras.data import coloring

LUMA = [0.299, 0.587, 0.114]


def change(picture, options, *, texts=(), **drawn):
    """The picture, changed by factors and by an angle of hue."""
    draw = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    draw = {name: tf.constant(v) for name, v in (draw | drawn).items()}
    texts = [tf.constant(text) for text in texts]
    picture = tf.constant(picture, tf.uint8)
    return coloring.recolor(
        Augmentation(**options), draw, picture, texts
    ).numpy()


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(40, 90, (8, 8, 3))


def test_factors_of_one_change_nothing(picture):
    options = {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 180}
    np.testing.assert_allclose(change(picture, options), picture, atol=1e-3)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_brightness_is_a_factor(channels):
    picture = np.full((8, 8, channels), 50)
    changed = change(picture, {"brightness": 0.5}, brightness=1.5)
    np.testing.assert_allclose(changed[..., :3], 75, atol=1e-3)
    # A fourth channel says how opaque a pixel is.
    np.testing.assert_array_equal(changed[..., 3:], picture[..., 3:])


def test_contrast_is_a_distance_from_the_mean():
    picture = np.zeros((8, 8, 1))
    picture[:, 4:] = 100
    changed = change(picture, {"contrast": 0.5}, contrast=0.5)
    # The mean is 50; half as far from it.
    np.testing.assert_allclose(changed[0, [0, -1], 0], [25, 75], atol=1e-3)


def test_without_saturation_all_is_grey(picture):
    changed = change(picture, {"saturation": 1}, saturation=0.0)
    grey = picture @ LUMA
    np.testing.assert_allclose(
        changed, np.repeat(grey[..., None], 3, axis=-1), atol=0.05
    )


def test_saturation_is_a_distance_from_grey(picture):
    changed = change(picture, {"saturation": 0.5}, saturation=1.5)
    grey = (picture @ LUMA)[..., None]
    np.testing.assert_allclose(
        changed, grey + 1.5 * (picture - grey), atol=0.05
    )


def test_hue_keeps_how_bright_a_pixel_is(picture):
    changed = change(picture, {"hue": 90}, hue=np.pi / 2)
    np.testing.assert_allclose(changed @ LUMA, picture @ LUMA, atol=0.05)
    assert np.abs(changed - picture).max() > 5


def test_half_a_turn_of_hue_gives_the_opposite_colour(picture):
    """As far from grey, on the other side."""
    changed = change(picture, {"hue": 180}, hue=np.pi)
    grey = (picture @ LUMA)[..., None]
    np.testing.assert_allclose(changed, 2 * grey - picture, atol=0.05)


def test_grey_pictures_have_no_hue():
    picture = np.arange(64).reshape(8, 8, 1)
    options = {"hue": 180, "saturation": 1}
    changed = change(picture, options, hue=1.0, saturation=0.0)
    np.testing.assert_allclose(changed, picture, atol=1e-3)


@pytest.mark.parametrize("drawn", [{"hue": 1.0}, {"saturation": 0.0}])
def test_a_text_that_names_a_colour_keeps_the_colours(picture, drawn):
    options = {"hue": 180, "saturation": 1}
    kept = change(picture, options, texts=["a Red three"], **drawn)
    np.testing.assert_allclose(kept, picture, atol=0.05)
    for text in ("a bored three", "three"):
        changed = change(picture, options, texts=[text], **drawn)
        assert np.abs(changed - picture).max() > 5
