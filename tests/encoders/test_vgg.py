import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras.encoders import views
from mm_keras.encoders.vgg import BUILDERS


def pictures(size=32):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (2, size, size, 3)).astype("float32")


@pytest.fixture(scope="module")
def vgg16():
    return encoders.vgg(16, (32, 32, 3), pyramid_channels=4)


def test_it_is_that_of_keras_with_its_preprocessing(vgg16):
    network = keras.applications.VGG16(
        include_top=False,
        weights=None,
        input_shape=(32, 32, 3),
        pooling="avg",
    )
    ours = views.restrict(vgg16, ["vector"], "image")
    network.set_weights(ours.get_weights())
    x = keras.applications.vgg16.preprocess_input(pictures())
    np.testing.assert_allclose(
        ours(pictures())["vector"], network(x), rtol=1e-4, atol=1e-6
    )


def test_stages_have_the_strides_of_their_levels(vgg16):
    sizes = [stage.output.shape[1:] for stage in encoders.stages(vgg16)]
    assert sizes == [
        (16, 16, 64),
        (8, 8, 128),
        (4, 4, 256),
        (2, 2, 512),
        (1, 1, 512),
    ]
    pyramid = vgg16.output["pyramid"]
    assert {k: v.shape[1:] for k, v in pyramid.items()} == {
        "P3": (4, 4, 4),
        "P4": (2, 2, 4),
        "P5": (1, 1, 4),
    }


def test_depth_19_has_three_convolutions_more():
    deep = encoders.vgg(19, (None, None, 3), levels=["P1"], pooling="max")
    trunk = views.restrict(deep, ["vector"], "image")
    kernels = [w for w in trunk.weights if len(w.shape) == 4]
    assert len(kernels) == 16
    assert deep(pictures(64))["pyramid"]["P1"].shape == (2, 32, 32, 256)


def test_weights_are_read_from_a_file(vgg16, tmp_path):
    path = tmp_path / "trained.weights.h5"
    vgg16.save_weights(path)
    again = encoders.vgg(16, (32, 32, 3), pyramid_channels=4, weights=path)
    np.testing.assert_array_equal(
        again(pictures())["vector"], vgg16(pictures())["vector"]
    )


def test_imagenet_goes_to_keras(monkeypatch):
    asked = []

    def build(**arguments):
        asked.append(arguments["weights"])
        return keras.applications.VGG16(**{**arguments, "weights": None})

    monkeypatch.setitem(BUILDERS, 16, build)
    encoders.vgg(16, (32, 32, 3), weights="imagenet")
    assert asked == ["imagenet"]


def test_failed_download_says_where_the_file_goes(monkeypatch):
    def fail(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setitem(BUILDERS, 19, fail)
    with pytest.raises(
        ValueError, match=r"URL fetch.*Expected.*vgg19_.*notop\.h5.*vgg19/vgg19"
    ):
        encoders.vgg(19, (32, 32, 3), weights="imagenet")


@pytest.mark.parametrize(
    "depth, shape, arguments, match",
    [
        (11, (32, 32, 3), {}, "16, 19.*Received.*usual"),
        (16, (32, 40, 3), {}, "multiples of 32.*Received.*Resize"),
        (16, (32, 32, 1), {}, "3 channels.*Received.*Repeat"),
        (16, (32, 32, 3), {"weights": "no.weights.h5"}, "exist.*Rec.*Write"),
        (16, (32, 32, 3), {"levels": ("P2", "P4")}, "consec.*Received.*fin"),
        (16, (32, 32, 3), {"pooling": "min"}, "one of.*Received.*Use"),
    ],
)
def test_wrong_arguments_are_explained(depth, shape, arguments, match):
    with pytest.raises(ValueError, match=match):
        encoders.vgg(depth, shape, **arguments)
