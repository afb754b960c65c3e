import numpy as np
import pytest

from mm_keras import encoders


def test_values():
    encoder = encoders.mlp(2, units=(2, 1))
    first, second = encoders.stages(encoder)
    first.set_weights([np.array([[1.0, -1.0], [0.0, 2.0]]), np.zeros(2)])
    second.set_weights([np.array([[3.0], [1.0]]), np.ones(1)])
    # relu([1 + 0, -1 + 4]) = [1, 3], then 3 + 3 + 1.
    vector = encoder(np.array([[1.0, 2.0]]))["vector"]
    np.testing.assert_allclose(vector, [[7.0]])


def test_more_axes_are_flattened():
    encoder = encoders.mlp((4, 3), units=(5,))
    assert encoder(np.ones((2, 4, 3)))["vector"].shape == (2, 5)


def test_no_layer_is_explained():
    with pytest.raises(ValueError, match=r"at least one.*Received.*Pass"):
        encoders.mlp(3, units=())
