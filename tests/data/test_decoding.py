"""Pictures are decoded at no more detail than is needed."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from mm_keras.data import decoding


def ramps(height, width):
    """A smooth picture: every reduction of it looks alike."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([200 * rows / height, 200 * columns / width], axis=-1)
    return np.concatenate([image, image[..., :1]], axis=-1).astype("uint8")


def jpeg(height, width):
    return tf.io.encode_jpeg(ramps(height, width), quality=100)


@pytest.mark.parametrize("encode", [tf.io.encode_jpeg, tf.io.encode_png])
def test_size_is_read_from_the_header(encode):
    encoded = encode(ramps(37, 300))
    assert decoding.encoded_size(encoded).numpy().tolist() == [37, 300]
    header = tf.strings.substr(encoded, 0, 700)
    assert decoding.encoded_size(header).numpy().tolist() == [37, 300]


def test_large_sides_need_two_bytes():
    encoded = tf.io.encode_png(np.zeros((3, 1000, 1), "uint8"))
    assert decoding.encoded_size(encoded).numpy().tolist() == [3, 1000]


def bitmap(height, width):
    """A BMP of one colour: two headers, then rows of 4 bytes times n."""
    rows = [bytes([30, 20, 10]) * width + bytes(-3 * width % 4)] * height
    body = b"".join(rows)
    sizes = [54 + len(body), 0, 54, 40, width, height]
    header = b"BM" + struct.pack("<6I", *sizes)
    return header + struct.pack("<2H6I", 1, 24, 0, len(body), *[0] * 4) + body


def test_other_files_are_decoded_to_see_their_size():
    encoded = tf.constant(bitmap(5, 7))
    assert decoding.encoded_size(encoded).numpy().tolist() == [5, 7]
    assert int(decoding.reduction(encoded, tf.constant(8.0))) == 1
    picture = decoding.decode(encoded)
    np.testing.assert_array_equal(picture, np.full((5, 7, 3), [10, 20, 30]))


def test_what_is_no_picture_says_so():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="Unknown image file"
    ):
        decoding.encoded_size(tf.constant(b"something else"))


@pytest.mark.parametrize(
    ("shrink", "ratio"),
    [(0.3, 1), (1, 1), (1.99, 1), (2, 2), (3.9, 2), (4, 4), (8, 8), (99, 8)],
)
def test_pixels_are_never_made_up(shrink, ratio):
    reduced = decoding.reduction(jpeg(16, 16), tf.constant(float(shrink)))
    assert int(reduced) == ratio


def test_a_png_is_decoded_at_its_size():
    encoded = tf.io.encode_png(ramps(16, 16))
    assert int(decoding.reduction(encoded, tf.constant(8.0))) == 1


@pytest.mark.parametrize("ratio", decoding.RATIOS)
def test_reduced_sizes_are_rounded_up(ratio):
    picture = decoding.decode(jpeg(37, 50), tf.constant(ratio))
    assert picture.shape == (-(-37 // ratio), -(-50 // ratio), 3)
    assert picture.dtype == tf.uint8


@pytest.mark.parametrize("ratio", decoding.RATIOS)
def test_reduced_pictures_look_alike(ratio):
    picture = decoding.decode(jpeg(64, 64), tf.constant(ratio)).numpy()
    whole = ramps(64, 64).reshape(64 // ratio, ratio, 64 // ratio, ratio, 3)
    assert np.abs(picture - whole.mean(axis=(1, 3))).mean() < 3


def test_png_is_kept_exactly():
    picture = decoding.decode(tf.io.encode_png(ramps(9, 7)))
    np.testing.assert_array_equal(picture, ramps(9, 7))


def test_grey_files_get_three_channels():
    encoded = tf.io.encode_png(ramps(9, 7)[..., :1])
    assert decoding.decode(encoded).shape == (9, 7, 3)
