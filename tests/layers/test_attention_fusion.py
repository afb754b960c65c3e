import keras
import numpy as np
import pytest

from mm_keras.layers import AttentionFusion

to_numpy = keras.ops.convert_to_numpy


def vectors(modalities=("image", "sound", "text"), width=4, batch=5):
    rng = np.random.default_rng(0)
    shape = (batch, width)
    return {m: rng.normal(size=shape).astype("float32") for m in modalities}


def paper(vectors, kernel, bias, query):
    """The formula, word for word; returns the fused vector and alpha."""
    e = {m: np.tanh(h @ kernel + bias) @ query for m, h in vectors.items()}
    total = sum(np.exp(score) for score in e.values())
    alpha = {m: np.exp(score) / total for m, score in e.items()}
    return sum(alpha[m] * h for m, h in vectors.items()), alpha


def test_values_are_those_of_the_formula():
    layer = AttentionFusion(hidden_units=3)
    actual = layer(vectors())
    layer.bias.assign([0.3, -0.2, 0.1])
    actual = layer(vectors())
    expected, alpha = paper(
        vectors(), *map(to_numpy, [layer.kernel, layer.bias, layer.query])
    )
    np.testing.assert_allclose(to_numpy(actual), expected, rtol=1e-5)
    for modality, weight in layer.attention(vectors()).items():
        np.testing.assert_allclose(
            to_numpy(weight), alpha[modality][:, 0], rtol=1e-5
        )


def test_order_of_modalities_does_not_matter():
    layer = AttentionFusion(units=3)
    before = layer(vectors())
    backwards = dict(reversed(vectors().items()))
    np.testing.assert_array_equal(to_numpy(layer(backwards)), to_numpy(before))


def test_permuting_vectors_permutes_weights():
    layer = AttentionFusion()
    given = vectors()
    before = layer.attention(given)
    swapped = {**given, "image": given["text"], "text": given["image"]}
    after = layer.attention(swapped)
    np.testing.assert_allclose(
        to_numpy(after["image"]), to_numpy(before["text"]), rtol=1e-5
    )
    np.testing.assert_allclose(
        to_numpy(layer(swapped)), to_numpy(layer(given)), rtol=1e-5
    )


@pytest.mark.parametrize("flag", ["float32", "bool", "int32"])
def test_absent_modality_equals_leaving_it_out(flag):
    layer = AttentionFusion()
    given = vectors()
    without = layer({m: given[m] for m in ("image", "text")})
    given["sound"][:] = np.nan
    absent = np.zeros(5, flag)
    actual = layer(given, {"sound": absent})
    np.testing.assert_allclose(to_numpy(actual), to_numpy(without), rtol=1e-5)
    weights = layer.attention(given, {"sound": absent})
    np.testing.assert_array_equal(to_numpy(weights["sound"]), np.zeros(5))


def test_one_modality_passes_unchanged():
    given = vectors(["image"])
    np.testing.assert_allclose(
        to_numpy(AttentionFusion()(given)), given["image"], rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_all_absent_gives_zeros(dtype):
    layer = AttentionFusion(units=4, dtype=dtype)
    present = {m: np.zeros(5) for m in vectors()}
    layer(vectors(), present)
    for projection in layer.projections.values():
        projection.bias.assign(np.ones(4))
    np.testing.assert_array_equal(
        to_numpy(layer(vectors(), present)), np.zeros((5, 4))
    )


def test_gradient_is_finite_where_an_absent_row_is_nan(gradient):
    layer = AttentionFusion(units=3)
    given = vectors(["image", "text"])
    present = {"text": np.array([1.0, 0, 0, 1, 1], "float32")}
    layer(given, present)
    given["text"][1] = np.nan

    def loss(text):
        fused = layer({"image": given["image"], "text": text}, present)
        return keras.ops.sum(fused * vectors(["x"], width=3)["x"])

    result = gradient(loss, given["text"])
    assert np.all(np.isfinite(result))
    assert np.all(result[1:3] == 0)
    assert np.all(result[[0, 3, 4]] != 0)


def test_large_scores_stay_finite():
    layer = AttentionFusion(kernel_initializer=keras.initializers.Constant(1e4))
    assert np.all(np.isfinite(to_numpy(layer(vectors()))))


def test_units_bring_different_widths_together():
    given = {"image": np.ones((2, 5)), "text": np.ones((2, 3))}
    assert tuple(AttentionFusion(units=7)(given).shape) == (2, 7)


def test_different_widths_without_units_are_explained():
    given = {"image": np.ones((2, 5)), "text": np.ones((2, 3))}
    with pytest.raises(
        ValueError, match=r"one width.*Received.*'image': 5.*Pass `units`"
    ):
        AttentionFusion()(given)


def test_half_precision_in_half_precision_out():
    outputs = AttentionFusion(units=3, dtype="mixed_bfloat16")(vectors())
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"


def test_weights_can_be_read_from_a_loaded_model(tmp_path):
    given = vectors()
    inputs = {m: keras.Input((4,), name=m) for m in given}
    flag = keras.Input((), name="flag")
    layer = AttentionFusion(units=3, hidden_units=2, name="fusion")
    model = keras.Model(
        {**inputs, "flag": flag}, layer(inputs, {"sound": flag})
    )
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    batch = {**given, "flag": np.array([1, 0, 1, 0, 1], "float32")}
    np.testing.assert_array_equal(
        to_numpy(loaded(batch)), to_numpy(model(batch))
    )
    reader = loaded.get_layer("fusion").attention_model(loaded)
    weights = reader.predict(batch, verbose=0)
    expected = layer.attention(given, {"sound": batch["flag"]})
    for modality in given:
        np.testing.assert_allclose(
            weights[modality], to_numpy(expected[modality]), rtol=1e-5
        )
    assert np.all(weights["sound"][[1, 3]] == 0)


def test_reading_weights_follows_training():
    inputs = {m: keras.Input((4,), name=m) for m in vectors()}
    layer = AttentionFusion()
    model = keras.Model(inputs, layer(inputs))
    reader = layer.attention_model(model)
    layer.query.assign(layer.query * 5.0)
    expected = layer.attention(vectors())["text"]
    np.testing.assert_allclose(
        reader.predict(vectors(), verbose=0)["text"],
        to_numpy(expected),
        rtol=1e-5,
    )
