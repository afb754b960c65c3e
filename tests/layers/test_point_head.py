import numpy as np
import pytest

from mm_keras.layers import PointDecoder
from mm_keras.layers import PointHead

RNG = np.random.default_rng(1)


def pyramid():
    return {
        "P10": RNG.normal(size=(2, 2, 3, 4)).astype("float32"),
        "P9": RNG.normal(size=(2, 4, 6, 4)).astype("float32"),
    }


def convolved(pictures, conv):
    """A convolution of three cells by three, cell by cell."""
    kernel, bias = np.asarray(conv.kernel), np.asarray(conv.bias)
    padded = np.pad(pictures, [(0, 0), (1, 1), (1, 1), (0, 0)])
    outputs = np.zeros((*pictures.shape[:3], kernel.shape[-1]))
    for y, x in np.ndindex(pictures.shape[1:3]):
        seen = padded[:, y : y + 3, x : x + 3]
        outputs[:, y, x] = np.tensordot(seen, kernel, axes=3)
    return outputs + bias


def test_points_are_the_formula():
    given, head = pyramid(), PointHead(2, channels=5)
    found = np.asarray(head(given))
    coarse = convolved(given["P10"], head.convs["P10"])
    total = convolved(given["P9"], head.convs["P9"])
    total += coarse.repeat(2, axis=1).repeat(2, axis=2)
    total = np.maximum(total / np.sqrt(1 + head.norm.epsilon), 0)
    refined = np.maximum(convolved(total, head.refine), 0)
    maps = convolved(refined, head.maps)
    for row, point in np.ndindex(2, 2):
        heat = np.exp(maps[row, ..., point])
        heat /= heat.sum()
        y = sum(heat[i].sum() * (i + 0.5) / 4 for i in range(4))
        x = sum(heat[:, i].sum() * (i + 0.5) / 6 for i in range(6))
        logit = np.sum(heat * maps[row, ..., 2 + point])
        np.testing.assert_allclose(
            found[row, point], [y, x, logit], rtol=1e-3, atol=1e-4
        )


def test_a_sharp_map_gives_the_center_of_its_cell():
    head = PointHead(1, channels=1)
    given = {"P2": np.zeros((1, 4, 8, 1), "float32")}
    given["P2"][0, 2, 5] = 1.0
    head(given)
    for conv in (head.convs["P2"], head.refine, head.maps):
        kernel = np.zeros(conv.kernel.shape)
        kernel[1, 1] = 100.0
        conv.kernel.assign(kernel)
    y, x, _ = np.asarray(head(given))[0, 0]
    np.testing.assert_allclose([y, x], [2.5 / 4, 5.5 / 8], rtol=1e-5)


def test_only_chosen_levels_are_looked_at():
    given, head = pyramid(), PointHead(2, channels=4, levels=("P10",))
    before = np.asarray(head(given))
    given["P9"] += 1
    np.testing.assert_array_equal(head(given), before)
    with pytest.raises(ValueError, match=r"expects the levels.*Received"):
        PointHead(2, levels=("P3",))(given)


def test_visibility_is_decoded_to_a_probability():
    found = PointDecoder()(np.array([[[0.1, 0.2, np.log(3.0)]]]))
    np.testing.assert_allclose(found["points"], [[[0.1, 0.2]]], rtol=1e-6)
    np.testing.assert_allclose(found["scores"], [[3 / 4]], rtol=1e-6)
