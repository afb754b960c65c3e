import keras
import numpy as np
import pytest

from mm_keras.layers import Conditioning

RNG = np.random.default_rng(5)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def trained(layer, *arguments):
    """A layer whose weights, biases too, are what training may make them."""
    layer(*arguments)
    layer.set_weights([normal(*w.shape) for w in layer.get_weights()])
    return layer


def weight_of(layer, part, source):
    return np.asarray(layer.parts[part][0][source].kernel, "float64")


def by_hand(layer, part, features, read):
    """The formula for one vector: `read` is a vector for each source."""
    readers, writer = layer.parts[part]
    hidden = features @ weight_of(layer, part, "features")
    hidden = hidden + np.asarray(readers["features"].bias)
    for source, vector in read.items():
        hidden = hidden + vector @ weight_of(layer, part, source)
    correction = np.maximum(hidden, 0) @ np.asarray(writer.kernel)
    return features + correction + np.asarray(writer.bias)


def test_a_vector_is_corrected_by_the_formula():
    features = normal(2, 8)
    text = {
        "tokens": normal(2, 3, 4),
        "tokens_mask": np.array([[True, True, False], [False] * 3]),
    }
    levels = {"P2": normal(2, 2, 2, 3), "P3": normal(2, 1, 1, 3)}
    given = {"text": text, "things": levels}
    predicted = {"kind": normal(2, 5), "mask": normal(2, 4, 4, 2)}
    layer = trained(Conditioning(6), features, given, predicted)
    found = np.asarray(layer(features, given, predicted))
    for row in range(2):
        pyramid = [
            f(levels[level][row], axis=(0, 1))
            for level in ("P2", "P3")
            for f in (np.mean, np.max)
        ]
        mask = predicted["mask"][row]
        read = {
            "text_features": [text["tokens"][0, :2].mean(0), np.zeros(4)][row],
            "things_features": np.concatenate(pyramid),
            "kind_prediction": predicted["kind"][row],
            "mask_prediction": np.concatenate(
                [mask.mean((0, 1)), mask.max((0, 1))]
            ),
        }
        expected = by_hand(layer, "", features[row], read)
        np.testing.assert_allclose(found[row], expected, rtol=1e-3, atol=1e-4)


def test_a_cell_reads_its_level_its_pixels_and_the_vectors():
    features = {"P1": normal(2, 4, 4, 6), "P2": normal(2, 2, 2, 5)}
    given = {"kind": normal(2, 3), "things": {"P2": normal(2, 2, 2, 4)}}
    predicted = {
        "mask": normal(2, 8, 8, 2),
        "things": {"P2": normal(2, 2, 2, 3)},
    }
    layer = trained(Conditioning(6), features, given, predicted)
    found = layer(features, given, predicted)
    for row, y, x in np.ndindex(2, 2, 2):
        pixels = predicted["mask"][row, 4 * y : 4 * y + 4, 4 * x : 4 * x + 4]
        read = {
            "kind_features": given["kind"][row],
            "things_features": given["things"]["P2"][row, y, x],
            "mask_prediction": pixels.mean((0, 1)),
            "things_prediction": predicted["things"]["P2"][row, y, x],
        }
        expected = by_hand(layer, "P2", features["P2"][row, y, x], read)
        np.testing.assert_allclose(
            found["P2"][row, y, x], expected, rtol=1e-3, atol=1e-4
        )
    # Level 1 reads a pyramid without it as a vector.
    assert weight_of(layer, "P1", "things_features").shape == (8, 6)
    assert weight_of(layer, "P1", "mask_prediction").shape == (2, 6)


def test_a_token_reads_what_is_said_of_it():
    flags = np.array([[True, True, False], [True, False, False]])
    features = {"tokens": normal(2, 3, 8), "tokens_mask": flags}
    given = {"part": {"tokens": normal(2, 3, 8), "tokens_mask": flags}}
    predicted = {"part": normal(2, 3, 4), "kind": normal(2, 5)}
    layer = trained(Conditioning(6), features, given, predicted)
    found = layer(features, given, predicted)
    np.testing.assert_array_equal(found["tokens_mask"], flags)
    for row, position in np.ndindex(2, 3):
        read = {
            "part_features": given["part"]["tokens"][row, position],
            "part_prediction": predicted["part"][row, position],
            "kind_prediction": predicted["kind"][row],
        }
        token = features["tokens"][row, position]
        np.testing.assert_allclose(
            found["tokens"][row, position],
            by_hand(layer, "tokens", token, read),
            rtol=1e-3,
            atol=1e-4,
        )


def test_it_begins_without_a_correction():
    features = {"P2": normal(2, 4, 4, 8)}
    outputs = Conditioning()(features, None, {"kind": 1e3 * normal(2, 3)})
    np.testing.assert_array_equal(outputs["P2"], features["P2"])


@pytest.mark.parametrize("stopped", [True, False])
def test_only_predictions_are_left_as_they_are(stopped, gradient):
    features, given, predicted = normal(2, 8), normal(2, 3), normal(2, 4)
    layer = trained(
        Conditioning(6, stop_gradient=stopped),
        features,
        {"kind": given},
        {"kind": predicted},
    )
    to_prediction = gradient(
        lambda p: (
            keras.ops.sum(layer(features, {"kind": given}, {"kind": p}))
            + 0 * keras.ops.sum(p)
        ),
        predicted,
    )
    to_features = gradient(
        lambda f: keras.ops.sum(
            layer(features, {"kind": f}, {"kind": predicted})
        ),
        given,
    )
    assert np.any(to_features != 0)
    assert np.any(to_prediction != 0) != stopped


def test_pixels_at_a_level_without_a_stride_are_explained():
    with pytest.raises(ValueError, match=r"P2, P3.*Received: 'fine'.*Name"):
        Conditioning()(
            {"fine": normal(2, 4, 4, 8)}, None, {"mask": normal(2, 8, 8, 2)}
        )
