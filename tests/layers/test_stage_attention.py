import numpy as np
import pytest

from mm_keras.layers import StageAttention

RNG = np.random.default_rng(7)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def trained(layer, *arguments):
    """A layer whose weights and statistics are what training may make them."""
    layer(*arguments)
    layer.set_weights(
        [
            RNG.uniform(0.2, 1.2, w.shape).astype("float32")
            - 0.5 * (i % 2 == 0)
            if "variance" not in w.path
            else RNG.uniform(0.5, 2.0, w.shape)
            for i, w in enumerate(layer.weights)
        ]
    )
    return layer


def normalized(x, norm):
    values = (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    gamma, beta, mean, variance = (np.asarray(v, "float64") for v in values)
    return gamma * (x - mean) / np.sqrt(variance + norm.epsilon) + beta


def convolved(picture, kernel):
    """A convolution of three cells by three, cell by cell."""
    height, width, _ = picture.shape
    padded = np.pad(picture, [(1, 1), (1, 1), (0, 0)])
    outputs = np.zeros((height, width, kernel.shape[-1]))
    for y, x in np.ndindex(height, width):
        seen = padded[y : y + 3, x : x + 3]
        outputs[y, x] = np.einsum("abc,abcd->d", seen, kernel)
    return outputs


def pooled(picture, factor):
    height, width = (side // factor for side in picture.shape[:2])
    outputs = np.zeros((height, width, picture.shape[-1]))
    for y, x in np.ndindex(height, width):
        cells = picture[factor * y :, factor * x :][:factor, :factor]
        outputs[y, x] = cells.max(axis=(0, 1))
    return outputs


def mask_by_hand(layer, read):
    hidden, norm = layer.hidden
    kernel = np.asarray(hidden.kernel).reshape(read.shape[-1], -1)
    hidden = np.maximum(normalized(read @ kernel, norm), 0)
    mask, norm = layer.mask
    kernel = np.asarray(mask.kernel).reshape(hidden.shape[-1], -1)
    return 1 / (1 + np.exp(-normalized(hidden @ kernel, norm)))


def test_a_picture_is_weighed_by_the_formula():
    shared, attended = normal(2, 2, 3, 6), normal(2, 4, 6, 3)
    layer = trained(StageAttention(5), shared, attended)
    found = np.asarray(layer(shared, attended))
    before, norm = layer.before
    for row in range(2):
        kept = convolved(attended[row], np.asarray(before.kernel))
        kept = pooled(np.maximum(normalized(kept, norm), 0), 2)
        read = np.concatenate([shared[row], kept], axis=-1)
        mask = mask_by_hand(layer, read)
        np.testing.assert_allclose(
            layer.attention(shared, attended)[row], mask, rtol=1e-3, atol=1e-5
        )
        np.testing.assert_allclose(
            found[row], mask * shared[row], rtol=1e-3, atol=1e-5
        )


@pytest.mark.parametrize("shape", [(3, 6), (3, 4, 6)])
def test_vectors_and_tokens_are_weighed_by_dense_layers(shape):
    shared, attended = normal(*shape), normal(*shape[:-1], 4)
    layer = trained(StageAttention(5), shared, attended)
    before, norm = layer.before
    kept = normalized(attended @ np.asarray(before.kernel), norm)
    read = np.concatenate([shared, np.maximum(kept, 0)], axis=-1)
    np.testing.assert_allclose(
        layer(shared, attended),
        mask_by_hand(layer, read) * shared,
        rtol=1e-3,
        atol=1e-5,
    )


def test_the_first_stage_reads_itself_alone():
    shared = normal(3, 6)
    layer = trained(StageAttention(5), shared)
    expected = mask_by_hand(layer, shared) * shared
    np.testing.assert_allclose(layer(shared), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((2, 5, 4, 3), (2, 2, 2, 6)),
        ((2, 4, 8, 3), (2, 2, 2, 6)),
        ((2, 4, 4, 3), (2, 6)),
        ((2, 3, 3), (2, 2, 6)),
        ((2, None, None, 3), (2, None, None, 6)),
    ],
)
def test_stages_that_do_not_fit_are_explained(before, after):
    with pytest.raises(
        ValueError, match=r"expects stages.*Received: .*Fix the size"
    ):
        StageAttention().build(after, before)
