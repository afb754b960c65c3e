import keras
import numpy as np
import pytest

from mm_keras import detection
from mm_keras.detection import layout


def pyramid(batch=2, height=64, width=64, channels=8, levels=(2, 3, 4)):
    rng = np.random.default_rng(0)
    return {
        f"P{k}": rng.normal(size=(batch, height >> k, width >> k, channels))
        for k in levels
    }


def inputs_like(features, spatial=True):
    return {
        k: keras.Input(
            (*(x.shape[1:3] if spatial else (None, None)), 8), name=k
        )
        for k, x in features.items()
    }


def test_picture_size_comes_from_levels_and_their_names():
    features = pyramid(height=32, width=96)
    parts = layout.split(detection.DetectionHead(3)(features))
    size = layout.picture_size(parts.centers, parts.strides)
    np.testing.assert_array_equal(size, [[32, 96], [32, 96]])
    strides, counts = np.unique(parts.strides, return_counts=True)
    assert strides.tolist() == [4, 8, 16]
    assert counts.tolist() == [2 * 8 * 24, 2 * 4 * 12, 2 * 2 * 6]


def test_boxes_contain_the_center_of_their_location():
    parts = layout.split(detection.DetectionHead(3)(pyramid(width=128)))
    center = np.asarray(parts.centers) / [64, 128]
    assert np.all(np.asarray(parts.boxes[..., :2]) < center)
    assert np.all(np.asarray(parts.boxes[..., 2:]) > center)


def test_untrained_box_reaches_softplus_of_zero_strides_far():
    head = detection.DetectionHead(3)
    features = pyramid(levels=(3,))
    head(features)
    for weight in head.distances.weights:
        weight.assign(0 * weight)
    parts = layout.split(head(features))
    far = np.log(2) * 8 / 64
    np.testing.assert_allclose(
        parts.boxes[0, 0],
        np.array([4, 4, 4, 4]) / 64 + far * np.r_[-1, -1, 1, 1],
        rtol=1e-5,
    )


def test_scale_of_a_level_stretches_its_boxes_only():
    head = detection.DetectionHead(3)
    features = pyramid(levels=(3, 4))
    before = layout.split(head(features)).boxes
    head.scale.assign([1.0, 2.0])
    after = layout.split(head(features)).boxes
    np.testing.assert_array_equal(after[:, :64], before[:, :64])
    assert np.all(np.any(np.asarray(after != before)[:, 64:], axis=-1))


def test_objects_are_rare_at_first():
    parts = layout.split(detection.DetectionHead(3)(pyramid()))
    assert np.all(np.asarray(parts.class_logits) < -2)


def test_levels_share_kernels_but_not_statistics():
    one = detection.DetectionHead(3)
    three = detection.DetectionHead(3)
    one(pyramid(levels=(3,)))
    three(pyramid(levels=(2, 3, 4)))
    kernels = [
        [w.path for w in head.weights if "kernel" in w.path]
        for head in (one, three)
    ]
    assert len(kernels[0]) == len(kernels[1]) == 2 * 2 + 3
    norms = [
        len([w for w in h.weights if "norm" in w.path]) for h in (one, three)
    ]
    assert norms[1] == 3 * norms[0]


def test_order_of_the_dictionary_does_not_matter():
    head = detection.DetectionHead(3)
    features = pyramid()
    reverse = dict(reversed(features.items()))
    np.testing.assert_array_equal(head(features), head(reverse))


def test_symbolic_shape_is_static_when_known():
    features = pyramid()
    outputs = detection.DetectionHead(3)(inputs_like(features))
    assert outputs.shape == (None, 256 + 64 + 16, 11)
    assert outputs.dtype == "float32"


def test_pictures_of_unknown_size_give_the_same():
    features = pyramid()
    inputs = inputs_like(features, spatial=False)
    head = detection.DetectionHead(3)
    model = keras.Model(inputs, head(inputs))
    assert model.output.shape == (None, None, 11)
    np.testing.assert_allclose(
        model.predict(features, verbose=0), head(features), atol=1e-6
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_output_is_float32_under_mixed_precision(policy):
    features = pyramid(height=1024, width=1024, batch=1, levels=(5, 6))
    head = detection.DetectionHead(3, dtype=policy)
    symbolic = head(inputs_like(features))
    outputs = head(features)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float32"
    assert symbolic.dtype == "float32"
    assert head.class_tower[0][0].compute_dtype == policy.split("_")[1]
    # A center of 1,008 + 16 / 2 pixels has no exact bfloat16.
    centers = np.asarray(layout.split(outputs).centers)
    assert np.max(centers[:, : 32 * 32]) == 1008


# Keras converts variables in a way that NumPy 2 deprecates.
@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_head_saves_and_loads(tmp_path):
    features = pyramid()
    inputs = inputs_like(features)
    outputs = detection.DetectionHead(3, channels=8, depth=1)(inputs)
    model = keras.Model(inputs, {"digits": outputs})
    model(features, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        loaded(features)["digits"], model(features)["digits"], rtol=1e-6
    )


def test_towers_may_be_empty():
    assert detection.DetectionHead(3, depth=0)(pyramid()).shape[-1] == 11


def test_picture_not_divisible_by_the_stride_is_explained():
    # 60 pixels: 15 cells of 4, but 8 of 8.
    features = {"P2": np.zeros((1, 15, 16, 8)), "P3": np.zeros((1, 8, 8, 8))}
    with pytest.raises(ValueError, match=r"expects.*Received.*multiples of.*8"):
        detection.DetectionHead(3)(features)
    with pytest.raises(ValueError, match=r"expects.*Received.*multiples of.*8"):
        detection.DetectionHead(3)(inputs_like(features))


@pytest.mark.parametrize("features", [{"stage1": np.zeros((1, 4, 4, 8))}, {}])
def test_wrong_levels_are_explained(features):
    with pytest.raises(ValueError, match=r"P2.*Received.*view"):
        detection.DetectionHead(3)(features)


def test_levels_of_different_width_are_explained():
    features = {"P2": np.zeros((1, 8, 8, 8)), "P3": np.zeros((1, 4, 4, 16))}
    with pytest.raises(ValueError, match=r"same number.*Received.*pyramid"):
        detection.DetectionHead(3)(features)


def test_looks_at_the_chosen_levels_only():
    features = {
        f"P{level}": np.ones((2, 32 >> level, 32 >> level, 8), "float32")
        for level in (1, 2, 3)
    }
    head = detection.DetectionHead(3, channels=8, levels=("P2", "P3"))
    outputs = head(features)
    # 8 x 8 and 4 x 4 cells, not the 16 x 16 of P1.
    assert tuple(outputs.shape) == (2, 64 + 16, 11)
    assert head.compute_output_shape(
        {level: x.shape for level, x in features.items()}
    ) == (2, 80, 11)
    assert type(head).from_config(head.get_config()).levels == ("P2", "P3")


def test_a_level_that_is_not_there_is_explained():
    head = detection.DetectionHead(3, levels=("P2", "P5"))
    with pytest.raises(ValueError, match=r"P5.*Received.*P2.*Choose"):
        head({"P2": np.ones((2, 8, 8, 8))})
