import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras.encoders import bottleneck_trunk
from mm_keras.encoders import views


def pictures(size=32, batch=2):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (batch, size, size, 3)).astype("float32")


def trainable(model):
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


@pytest.mark.parametrize(
    "depth, parameters", [(18, 11_176_512), (34, 21_284_672)]
)
def test_trunk_has_as_many_parameters_as_torchvisions(depth, parameters):
    encoder = encoders.resnet(depth, (32, 32, 3))
    assert trainable(views.restrict(encoder, ["vector"], "x")) == parameters


@pytest.mark.parametrize(
    "stem_stride, finest", [(4, "P3"), (2, "P2"), (1, "P1")]
)
def test_the_pyramid_has_the_last_three_levels(stem_stride, finest):
    encoder = encoders.resnet(18, (64, 64, 3), width=8, stem_stride=stem_stride)
    pyramid = encoder.output["pyramid"]
    assert list(pyramid)[0] == finest
    for level, feature_map in pyramid.items():
        size = 64 // 2 ** int(level[1:])
        assert feature_map.shape == (None, size, size, 32)


def test_all_levels_can_be_had():
    encoder = encoders.resnet(
        (1, 2, 2, 2),
        (64, 64, 3),
        width=16,
        stem_stride=2,
        levels=("P1", "P2", "P3", "P4"),
        pyramid_channels=24,
    )
    shapes = [v.shape[1:] for v in encoder.output["pyramid"].values()]
    assert shapes == [(s, s, 24) for s in (32, 16, 8, 4)]


@pytest.mark.parametrize(
    "pooling, width", [("average", 64), ("max", 64), ("both", 128)]
)
def test_vector_is_the_pooled_last_stage(pooling, width):
    encoder = encoders.resnet(18, (32, 32, 3), width=8, pooling=pooling)
    last = keras.Model(encoder.input, encoder.get_layer("stage4").output)
    stage, vector = last(pictures()), encoder(pictures())["vector"]
    average = np.mean(stage, axis=(1, 2))
    largest = np.max(stage, axis=(1, 2))
    expected = {
        "average": average,
        "max": largest,
        "both": np.concatenate([average, largest], axis=1),
    }
    np.testing.assert_allclose(vector, expected[pooling], atol=1e-5)
    assert vector.shape[1] == width


def test_pictures_are_scaled_inside():
    encoder = encoders.resnet(18, (32, 32, 3), width=8)
    scale = keras.Model(encoder.input, encoder.get_layer("scale").output)
    values = np.array([0.0, 127.5, 255.0])[:, None, None, None]
    x = np.ones((3, 32, 32, 3)) * values
    np.testing.assert_allclose(
        np.asarray(scale(x))[:, 0, 0, 0], [-1, 0, 1], atol=1e-6
    )


@pytest.fixture(scope="module")
def resnet50():
    return encoders.resnet(50, (32, 32, 3))


def test_depth_50_is_that_of_keras_with_its_preprocessing(resnet50):
    network = keras.applications.ResNet50(
        include_top=False,
        weights=None,
        input_shape=(32, 32, 3),
        pooling="avg",
    )
    ours = views.restrict(resnet50, ["vector"], "image")
    network.set_weights(ours.get_weights())
    x = keras.applications.resnet.preprocess_input(pictures())
    np.testing.assert_allclose(
        ours(pictures())["vector"], network(x), rtol=1e-4, atol=1e-5
    )


def test_depth_50_has_stages_and_quick_moving_averages(resnet50):
    sizes = [stage.output.shape[1:] for stage in encoders.stages(resnet50)]
    assert sizes == [(8, 8, 256), (4, 4, 512), (2, 2, 1024), (1, 1, 2048)]
    assert resnet50.get_layer("conv1_bn").momentum == 0.9


def test_depth_50_saves_and_loads(resnet50, tmp_path):
    resnet50.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded(pictures())["vector"], resnet50(pictures())["vector"]
    )
    assert len(encoders.stages(loaded)) == 4


@pytest.mark.parametrize("depth", [101, 152])
def test_deeper_ones_have_stages_where_keras_puts_them(depth):
    encoder = encoders.resnet(depth, (32, 32, 3))
    sizes = [
        encoder.get_layer(f"stage{i}").output.shape[3] for i in range(1, 5)
    ]
    assert sizes == [256, 512, 1024, 2048]


def test_weights_are_read_from_a_file(tmp_path):
    first = encoders.resnet(18, (32, 32, 3), width=8)
    path = tmp_path / "trained.weights.h5"
    first.save_weights(path)
    second = encoders.resnet(18, (32, 32, 3), width=8, weights=path)
    np.testing.assert_array_equal(
        first(pictures())["vector"], second(pictures())["vector"]
    )


def test_imagenet_goes_to_keras(monkeypatch):
    asked = []

    def build(**arguments):
        asked.append(arguments["weights"])
        return keras.applications.ResNet50(**{**arguments, "weights": None})

    monkeypatch.setitem(bottleneck_trunk.BUILDERS, 50, build)
    encoders.resnet(50, (32, 32, 3), weights="imagenet")
    assert asked == ["imagenet"]


def test_failed_download_says_where_the_file_goes(monkeypatch):
    def fail(**arguments):
        raise Exception("URL fetch failure")

    monkeypatch.setitem(bottleneck_trunk.BUILDERS, 50, fail)
    with pytest.raises(
        ValueError, match=r"URL fetch.*Expected.*resnet50_.*notop\.h5.*models"
    ):
        encoders.resnet(50, (32, 32, 3), weights="imagenet")


@pytest.mark.parametrize("weights", ["nothing.weights.h5", "model.keras"])
def test_missing_file_is_explained(weights):
    with pytest.raises(ValueError, match=r"existing file.*Received.*Write"):
        encoders.resnet(18, (32, 32, 3), weights=weights)


@pytest.mark.parametrize(
    "depth, shape, arguments, match",
    [
        (18, (32, 32, 3), {"weights": "imagenet"}, "50, 101.*Received.*Use"),
        (20, (32, 32, 3), {}, "18, 34, 50.*Received.*Pass"),
        (18, (32, 40, 3), {}, "multiples of 32.*Received.*Resize"),
        (18, (32, 32), {}, "multiples of 32.*Received.*Resize"),
        (18, (32, 32, 3), {"stem_stride": 3}, "1, 2 or 4.*Received.*Use"),
        (50, (32, 32, 3), {"width": 32}, "width=64.*Received.*Use depth"),
        (50, (32, 32, 1), {}, "3 channels.*Received.*Repeat"),
        (18, (32, 32, 3), {"pooling": "min"}, "one of.*Received.*Use"),
        (18, (32, 32, 3), {"levels": ("P1", "P2")}, "among.*Received.*finest"),
        (18, (32, 32, 3), {"levels": ("P2", "P4")}, "consec.*Received.*finest"),
        (18, (32, 32, 3), {"levels": ()}, "consecutive.*Received.*finest"),
    ],
)
def test_wrong_arguments_are_explained(depth, shape, arguments, match):
    with pytest.raises(ValueError, match=match):
        encoders.resnet(depth, shape, **arguments)


def test_size_may_be_left_open():
    encoder = encoders.resnet(18, (None, None, 3), width=8)
    for size in (32, 64):
        outputs = encoder(pictures(size))
        assert outputs["pyramid"]["P3"].shape == (2, size // 8, size // 8, 32)


def test_half_precision_views():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        encoder = encoders.resnet(18, (32, 32, 3), width=8)
    finally:
        keras.config.set_dtype_policy("float32")
    assert encoder.output["vector"].dtype == "bfloat16"
    assert np.all(np.isfinite(np.float32(encoder(pictures())["vector"])))


def test_a_smaller_last_batch_trains_however_few_channels_there_are():
    encoder = encoders.resnet((1, 1), (96, 128, 3), width=8, stem_stride=2)
    # A crash of the process is what it looked like with a strided shortcut.
    pictures = np.random.default_rng(0).uniform(0, 255, (45, 96, 128, 3))
    trunk = views.restrict(encoder, "vector", "trunk")
    model = keras.Model(trunk.input, trunk.output["vector"])
    model.compile("sgd", "mse")
    history = model.fit(pictures, np.zeros((45, 16)), verbose=0, epochs=2)
    assert np.isfinite(history.history["loss"][-1])


def test_shortcut_is_a_strided_convolution():
    encoder = encoders.resnet((1, 1), (8, 8, 3), width=2, stem_stride=1)
    kernel = encoder.get_layer("stage2_block1_shortcut_conv").kernel
    begin = encoder.get_layer("stage1").output
    end = encoder.get_layer("stage2_block1_shortcut_conv").output
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 2)).astype("float32")
    expected = keras.ops.conv(x, kernel, strides=2, padding="same")
    np.testing.assert_allclose(
        keras.Model(begin, end)(x), expected, rtol=1e-5, atol=1e-6
    )
