import numpy as np
import pytest
from keras import ops

from mm_keras.detection import layout


def test_split_reverses_join():
    rng = np.random.default_rng(0)
    parts = layout.DetectionOutput(
        boxes=rng.normal(size=(2, 5, 4)).astype("float32"),
        quality=rng.normal(size=(2, 5)).astype("float32"),
        centers=rng.normal(size=(5, 2)).astype("float32"),
        strides=rng.normal(size=5).astype("float32"),
        class_logits=rng.normal(size=(2, 5, 3)).astype("float32"),
    )
    outputs = layout.join(parts)
    assert tuple(outputs.shape) == (2, 5, 8 + 3)
    for name, part in layout.split(outputs)._asdict().items():
        expected = np.broadcast_to(getattr(parts, name), part.shape)
        np.testing.assert_array_equal(part, expected, err_msg=name)


def test_join_gives_float32_whatever_comes_in():
    parts = layout.DetectionOutput(
        *(
            ops.ones(shape, "bfloat16")
            for shape in [(1, 5, 4), (1, 5), (5, 2), (5,), (1, 5, 3)]
        )
    )
    assert "float32" in str(layout.join(parts).dtype)


def test_grid_goes_row_by_row_through_centers_of_cells():
    np.testing.assert_array_equal(
        layout.grid(2, 2, stride=4), [[2, 2], [2, 6], [6, 2], [6, 6]]
    )


def test_picture_ends_where_the_last_cell_ends(make):
    centers, strides = layout.grid(3, 5, stride=8), np.full(15, 8.0, "float32")
    np.testing.assert_array_equal(
        layout.picture_size(centers, strides), [24, 40]
    )


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 8)])
def test_tensor_of_another_shape_is_explained(shape):
    with pytest.raises(ValueError, match=r"has shape.*Received.*Pass the raw"):
        layout.split(np.zeros(shape, "float32"))
