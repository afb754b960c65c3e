import keras
import numpy as np
import pytest

from mm_keras import layers

to_numpy = keras.ops.convert_to_numpy
IMAGE = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
TEXT = np.array([[5.0], [6.0]], "float32")


def test_concatenation_is_alphabetical():
    fused = layers.Concatenation()({"text": TEXT, "image": IMAGE})
    np.testing.assert_array_equal(to_numpy(fused), [[1, 2, 5], [3, 4, 6]])


def test_absent_rows_are_zero_even_if_they_were_nan():
    image = IMAGE.copy()
    image[1] = np.nan
    fused = layers.Concatenation()(
        {"text": TEXT, "image": image}, {"image": np.array([1.0, 0.0])}
    )
    np.testing.assert_array_equal(to_numpy(fused), [[1, 2, 5], [0, 0, 6]])


def test_no_gradient_reaches_an_absent_row(gradient):
    layer = layers.Concatenation()

    def loss(image):
        present = {"image": np.array([1.0, 0.0], "float32")}
        fused = layer({"text": TEXT, "image": image}, present)
        return keras.ops.sum(fused * fused)

    np.testing.assert_array_equal(gradient(loss, IMAGE), [[2, 4], [0, 0]])


@pytest.mark.parametrize(
    "name, kind",
    [
        ("concatenate", layers.Concatenation),
        ("attention", layers.AttentionFusion),
    ],
)
def test_names_give_fresh_layers(name, kind):
    assert isinstance(layers.fusion(name), kind)
    assert layers.fusion(name) is not layers.fusion(name)


def test_a_layer_stays_itself():
    layer = layers.AttentionFusion(units=3)
    assert layers.fusion(layer) is layer


@pytest.mark.parametrize("wrong", ["atention", None, layers.AttentionFusion])
def test_unknown_fusion_is_explained(wrong):
    with pytest.raises(ValueError, match=r"expects one of.*Received.*Pass"):
        layers.fusion(wrong)


@pytest.mark.parametrize(
    "vectors",
    [IMAGE, {}, {"image": np.ones((2, 3, 4))}],
    ids=["tensor", "empty", "rank"],
)
def test_wrong_vectors_are_explained(vectors):
    with pytest.raises(ValueError, match=r"expects.*Received.*(Name|Pool)"):
        layers.Concatenation()(vectors)


def test_presence_of_an_unknown_modality_is_explained():
    with pytest.raises(
        ValueError, match=r"among the modalities \['image'\].*Received.*imge"
    ):
        layers.Concatenation()({"image": IMAGE}, {"imge": np.ones(2)})


def test_symbolic_shape_is_the_real_one():
    inputs = {"a": keras.Input((2,)), "b": keras.Input((3,))}
    assert layers.Concatenation()(inputs).shape == (None, 5)
    assert layers.AttentionFusion(units=4)(inputs).shape == (None, 4)


def test_a_fusion_of_ones_own_needs_two_methods():
    class Largest(layers.FusionLayer):
        def fuse(self, vectors, present):
            return keras.ops.max(
                keras.ops.stack(list(vectors.values())), axis=0
            )

        def fused_width(self, widths):
            return next(iter(widths.values()))

    fused = Largest()({"a": IMAGE, "b": -IMAGE}, {"a": np.array([1, 0])})
    np.testing.assert_array_equal(to_numpy(fused), [[1, 2], [0, 0]])
