import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import detection


def decode(outputs, **options):
    found = detection.DetectionDecoder(**options)(outputs)
    return {key: ops.convert_to_numpy(value) for key, value in found.items()}


def locations(*rows, num_classes=2):
    """Output of a head with rows of box, quality and class logits."""
    outputs = np.zeros((1, len(rows), 8 + num_classes), "float32")
    for location, (box, quality, *logits) in enumerate(rows):
        outputs[0, location] = [*box, quality, 4, 4, 8, *logits]
    return outputs


def test_perfect_output_gives_back_the_truth(make):
    rows = [[0.1, 0.2, 0.5, 0.7, 3], [0.6, 0.6, 0.9, 0.8, 1], [0, 0, 1, 1, 0]]
    truth = make.pad(rows, rows[:1], [])
    found = decode(make.perfect_output(truth))
    assert found["count"].tolist() == [3, 1, 0]
    for image in range(3):
        count = found["count"][image]
        boxes = np.c_[found["boxes"], found["classes"][..., None]][
            image, :count
        ]
        expected = truth[image, :count]
        order = np.argsort(boxes[:, 4]), np.argsort(expected[:, 4])
        np.testing.assert_allclose(
            boxes[order[0]], expected[order[1]], atol=1e-6
        )
    assert np.all(found["scores"][0, :3] > 0.8)


def test_score_is_the_geometric_mean():
    # sigmoid(log 3) = 3 / 4 and sigmoid(0) = 1 / 2.
    found = decode(locations(([0, 0, 1, 1], np.log(3.0), 0.0, -20.0)))
    np.testing.assert_allclose(found["scores"][0, 0], np.sqrt(3 / 8), rtol=1e-6)
    assert found["classes"][0, 0] == 0


def test_a_location_may_find_two_classes():
    found = decode(locations(([0, 0, 1, 1], 20.0, 1.0, 2.0)))
    assert found["count"].tolist() == [2]
    assert found["classes"][0, :2].tolist() == [1, 0]


def test_rows_fall_in_score_and_end_in_padding(make):
    found = decode(make.random_output(), max_detections=50, score_threshold=0.1)
    assert np.all(np.diff(found["scores"]) <= 0)
    for image, count in enumerate(found["count"]):
        assert 0 < count <= 50
        assert np.all(found["scores"][image, :count] > 0.1)
        assert np.all(found["scores"][image, count:] == 0)
        assert np.all(found["classes"][image, :count] >= 0)
        assert np.all(found["classes"][image, count:] == -1)
        assert np.all(found["boxes"][image, count:] == 0)


def test_boxes_are_cut_at_the_border():
    found = decode(locations(([-0.5, 0.2, 0.5, 1.5], 9.0, 9.0, -9.0)))
    np.testing.assert_allclose(found["boxes"][0, 0], [0, 0.2, 0.5, 1])


def test_only_the_best_are_kept():
    rows = [
        ([0.1 * i, 0, 0.1 * i + 0.05, 1], 9.0, float(i), -20.0)
        for i in range(6)
    ]
    found = decode(locations(*rows), max_detections=2)
    assert found["count"].tolist() == [2]
    np.testing.assert_allclose(found["boxes"][0, :, 0], [0.5, 0.4], rtol=1e-6)
    found = decode(locations(*rows), max_detections=2, max_candidates=3)
    np.testing.assert_allclose(found["boxes"][0, :, 0], [0.5, 0.4], rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", [0, 3, 4, 8])
def test_what_is_not_finite_is_left_out(channel, value):
    good = ([0, 0, 0.4, 0.4], 9.0, 9.0, -20.0)
    outputs = locations(([0.5, 0.5, 1, 1], 0.0, 2.0, -20.0), good)
    outputs[0, 0, channel] = value
    found = decode(outputs)
    assert all(np.isfinite(v).all() for v in found.values())
    assert any(np.allclose(box, good[0]) for box in found["boxes"][0, :2])
    # An infinite logit is as sure as can be; an infinite box is nowhere.
    if channel < 4 or np.isnan(value):
        assert found["count"].tolist() == [1]


def test_nothing_found_is_all_padding(make):
    found = decode(make.random_output(), score_threshold=1.0)
    assert found["count"].tolist() == [0, 0]
    assert np.all(found["classes"] == -1)


def test_symbolic_output_is_the_real_one(make):
    outputs = make.random_output()
    decoder = detection.DetectionDecoder(max_detections=7, dtype="float16")
    for shape in [outputs.shape[1:], (None, outputs.shape[-1])]:
        symbolic = decoder(keras.Input(shape))
        for key, value in decoder(outputs).items():
            assert symbolic[key].shape == (None, *value.shape[1:])
            dtype = keras.backend.standardize_dtype(value.dtype)
            assert symbolic[key].dtype == dtype


def test_policy_of_the_user_does_not_reach_it(make):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found = detection.DetectionDecoder()(make.random_output())
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(found["boxes"].dtype) == "float32"


def test_works_inside_a_model_of_pictures_of_any_size(make):
    inputs = keras.Input((None, 18))
    model = keras.Model(inputs, detection.DetectionDecoder()(inputs))
    for size in (64, 16):
        outputs = make.random_output(size=size)
        expected = decode(outputs)
        for key, value in model.predict(outputs, verbose=0).items():
            np.testing.assert_allclose(value, expected[key], atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="SavedModel"
)
def test_exports_to_a_saved_model(make, tmp_path):
    import tensorflow as tf

    outputs = make.random_output(batch=3)
    inputs = keras.Input(outputs.shape[1:])
    model = keras.Model(inputs, detection.DetectionDecoder()(inputs))
    model.export(tmp_path / "decoder", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "decoder"))
    for key, value in loaded.serve(outputs).items():
        np.testing.assert_allclose(value, decode(outputs)[key], atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="XLA of TensorFlow"
)
def test_compiles_with_xla(make):
    import tensorflow as tf

    outputs = make.random_output()
    decoder = detection.DetectionDecoder()
    compiled = tf.function(decoder, jit_compile=True)(outputs)
    for key, value in compiled.items():
        np.testing.assert_allclose(value, decode(outputs)[key], atol=1e-6)


def test_fewer_candidates_than_detections_is_explained():
    with pytest.raises(ValueError, match=r"expects.*Received.*Raise"):
        detection.DetectionDecoder(max_detections=100, max_candidates=50)


def test_raw_output_of_another_layer_is_explained():
    with pytest.raises(ValueError, match=r"has shape.*Received.*Pass the raw"):
        detection.DetectionDecoder()(np.zeros((1, 5, 8), "float32"))
