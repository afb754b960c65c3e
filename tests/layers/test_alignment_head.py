import keras
import numpy as np
import pytest

from mm_keras.layers import AlignmentHead
from mm_keras.losses import InfoNCE

to_numpy = keras.ops.convert_to_numpy


def vectors(batch=3):
    rng = np.random.default_rng(0)
    return {
        "image": rng.normal(size=(batch, 5)).astype("float32"),
        "text": rng.normal(size=(batch, 4)).astype("float32"),
    }


def test_inner_products_are_cosines_over_the_temperature():
    head = AlignmentHead(6, temperature=0.2)
    embeddings = to_numpy(head(vectors()))
    projected = [
        vectors()[name] @ to_numpy(head.projections[name].kernel)
        for name in ("image", "text")
    ]
    image, text = (
        p / np.linalg.norm(p, axis=1, keepdims=True) for p in projected
    )
    np.testing.assert_allclose(
        embeddings[:, 0] @ embeddings[:, 1].T, image @ text.T / 0.2, rtol=1e-4
    )


def test_order_is_that_of_between():
    head = AlignmentHead(6, between=("text", "image"))
    forward = to_numpy(head(vectors()))
    other = AlignmentHead(6)
    other(vectors())
    for name in ("image", "text"):
        other.projections[name].set_weights(
            head.projections[name].get_weights()
        )
    np.testing.assert_allclose(to_numpy(other(vectors())), forward[:, ::-1])


def test_other_modalities_are_ignored():
    head = AlignmentHead(6)
    before = to_numpy(head(vectors()))
    after = head({**vectors(), "sound": np.ones((3, 2))})
    np.testing.assert_array_equal(to_numpy(after), before)


def test_zero_vectors_stay_zero_with_a_finite_gradient(gradient):
    head = AlignmentHead(6)
    zeros = {"image": np.zeros((2, 5), "float32"), "text": vectors(2)["text"]}
    embeddings = to_numpy(head(zeros))
    np.testing.assert_array_equal(embeddings[:, 0], np.zeros((2, 6)))

    def loss(image):
        outputs = head({"image": image, "text": zeros["text"]})
        return InfoNCE()(np.array([0, 1]), outputs)

    assert np.all(np.isfinite(gradient(loss, zeros["image"])))


def test_output_is_float32_under_a_half_precision_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        outputs = AlignmentHead(6)(vectors())
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"


def aligned_model(temperature=0.07):
    inputs = {
        "image": keras.Input((5,), name="image"),
        "text": keras.Input((4,), name="text"),
    }
    head = AlignmentHead(6, temperature=temperature, name="head")
    return keras.Model(inputs, head(inputs)), head


def test_temperature_is_trained():
    model, head = aligned_model()
    model.compile(keras.optimizers.SGD(1.0), InfoNCE(), jit_compile=False)
    start = float(head.log_scale)
    x = {"image": np.eye(4, 5), "text": np.eye(4)}
    model.fit(x, np.arange(4), verbose=0)
    assert abs(float(head.log_scale) - start) > 1e-3


def test_no_update_takes_the_scale_over_100():
    _, head = aligned_model()
    gradient = keras.ops.convert_to_tensor(-10.0)
    keras.optimizers.SGD(1.0).apply([gradient], [head.log_scale])
    assert float(head.log_scale) == pytest.approx(np.log(100.0))


def test_saves_and_loads(tmp_path):
    model, head = aligned_model()
    head.log_scale.assign(1.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        to_numpy(loaded(vectors())), to_numpy(model(vectors()))
    )
    assert loaded.get_layer("head").log_scale.constraint is not None


def test_missing_modality_is_explained():
    with pytest.raises(
        ValueError, match=r"expects.*image.*Received.*without \['text'\].*Add"
    ):
        AlignmentHead(6)({"image": np.ones((2, 3))})


@pytest.mark.parametrize("between", ["image", ("image",), ("a", "a")])
def test_fewer_than_two_modalities_are_explained(between):
    with pytest.raises(ValueError, match=r"at least two.*Received.*Pass"):
        AlignmentHead(6, between)


@pytest.mark.parametrize("temperature", [0.0, -1.0, 0.001, float("nan")])
def test_impossible_temperature_is_explained(temperature):
    with pytest.raises(ValueError, match=r"at least.*Received.*Common"):
        AlignmentHead(6, temperature=temperature)
