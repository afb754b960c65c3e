import keras
import numpy as np
import pytest

from mm_keras.layers import ConvolutionExperts
from mm_keras.layers import DenseExperts
from mm_keras.layers import ViewPooling

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def perceptron(weights, x):
    """Dense layers with ReLU, one after another."""
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return x


def test_an_expert_is_a_perceptron_of_its_own():
    layer, inputs = DenseExperts(3, (6, 5)), normal(2, 4)
    outputs = layer(inputs)
    for expert in range(3):
        weights = layer.get_weights()[4 * expert : 4 * expert + 4]
        np.testing.assert_allclose(
            outputs[:, expert], perceptron(weights, inputs), atol=1e-5
        )


def test_experts_start_from_different_weights():
    outputs = np.asarray(DenseExperts(2, 5)(normal(2, 4)))
    assert np.abs(outputs[:, 0] - outputs[:, 1]).max() > 0.01


def test_every_token_is_read_alike():
    layer, tokens = DenseExperts(3, 5), normal(2, 4, 6)
    outputs = layer(tokens)
    assert outputs.shape == (2, 3, 4, 5)
    flat = np.stack([layer.run(1, tokens[:, i]) for i in range(4)], axis=1)
    np.testing.assert_allclose(outputs[:, 1], flat, atol=1e-5)


def test_all_levels_are_read_with_the_same_kernels():
    layer = ConvolutionExperts(2, (5, 4))
    level = normal(1, 6, 6, 3)
    outputs = layer({"P2": level, "P3": level[:, ::-1, ::-1]})
    assert outputs["P2"].shape == (1, 2, 6, 6, 4)
    assert len(layer.weights) == 2 * 2 * 2
    np.testing.assert_allclose(
        outputs["P3"], layer({"P3": level[:, ::-1, ::-1]})["P3"], atol=1e-5
    )
    # Where the picture is the same all around, a flip changes nothing.
    same = layer({"P2": np.ones((1, 6, 6, 3)), "P3": np.ones((1, 8, 8, 3))})
    np.testing.assert_allclose(
        same["P2"][0, :, 3, 3], same["P3"][0, :, 3, 3], rtol=1e-5
    )


def test_an_expert_sees_the_neighbours_of_a_cell():
    layer, cells = ConvolutionExperts(1, 1), np.zeros((1, 5, 5, 1), "float32")
    layer.build(cells.shape)
    layer.set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
    cells[0, 2, 2] = 1.0
    expected = np.pad(np.ones((3, 3)), 1)
    np.testing.assert_array_equal(layer(cells)[0, 0, :, :, 0], expected)


@pytest.mark.parametrize(
    "num_experts, units",
    [(0, 4), (2, 0), (2, -1), (2, 1.5), (2, "8"), (2, ()), (2, None)],
)
def test_wrong_numbers_are_explained(num_experts, units):
    with pytest.raises(ValueError, match=r"positive.*Received.*Pass"):
        DenseExperts(num_experts, units)


def test_levels_of_different_widths_are_explained():
    with pytest.raises(ValueError, match=r"one width.*Received.*P3.*Use an"):
        ConvolutionExperts(2, 4)(
            {"P2": np.ones((1, 4, 4, 3)), "P3": np.ones((1, 2, 2, 5))}
        )


class TestViewPooling:
    def test_padding_counts_for_nothing(self):
        tokens = np.array([[[1.0], [3.0], [np.nan]], [[np.nan]] * 3])
        mask = np.array([[True, True, False], [False] * 3])
        pooled = ViewPooling()({"tokens": tokens, "tokens_mask": mask})
        np.testing.assert_array_equal(pooled, [[2.0], [0.0]])

    def test_levels_follow_one_another(self):
        pyramid = {"P3": normal(2, 2, 2, 3), "P2": normal(2, 4, 4, 3)}
        expected = [pyramid[level].mean((1, 2)) for level in ("P2", "P3")]
        np.testing.assert_allclose(
            ViewPooling()(pyramid), np.concatenate(expected, 1), atol=1e-6
        )

    def test_many_cells_do_not_overflow_half_precision(self):
        layer = ViewPooling(dtype="float16")
        pooled = layer({"P2": np.full((1, 64, 64, 1), 100.0)})
        assert keras.backend.standardize_dtype(pooled.dtype) == "float16"
        np.testing.assert_array_equal(pooled, [[100.0]])
