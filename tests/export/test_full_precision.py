"""What was trained in half precision is served in float32."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import mm_keras
from mm_keras import tasks
from mm_keras.export import full_precision


def trained(policy):
    """A model under a policy, whose weights are no longer the first ones."""
    keras.config.set_dtype_policy(policy)
    encoder = mm_keras.encoders.convnet(
        (32, 32, 3), filters=(8, 8), pyramid_channels=8
    )
    declared = [
        tasks.detection("digits", 3, max_boxes=2, channels=8),
        tasks.segmentation("mask", 4, channels=8),
        tasks.multi_label("present", 3, view="pyramid"),
    ]
    model = mm_keras.models.hard_sharing(
        {"image": encoder}, declared, balancing="uncertainty"
    )
    labels = {
        "digits": np.array(
            [[[0.1, 0.1, 0.6, 0.7, 1], [-1] * 5]] * 4, "float32"
        ),
        "mask": np.ones((4, 32, 32, 1), "int32"),
        "present": np.eye(3, dtype="float32")[[0, 1, 2, 0]],
    }
    model.fit({"image": pictures(4)}, labels, verbose=0)
    return model


def pictures(rows):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (rows, 32, 32, 3)).astype("float32")


def test_a_model_in_full_precision_is_taken_as_it_is():
    model = trained("float32")
    assert full_precision.full_precision(model) is model


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_file_of_a_model_in_half_precision_gives_what_serving_gives(
    policy, tmp_path
):
    model = trained(policy)
    differences = mm_keras.export.to_saved_model(model, tmp_path / "m")
    assert max(differences.values()) <= 1e-5
    serving = mm_keras.serving_model(model)
    assert {w.dtype for w in serving.weights} == {"float32"}
    loaded = tf.saved_model.load(tmp_path / "m")
    found = loaded.serve({"image": pictures(2)})
    expected = serving.predict({"image": pictures(2)}, verbose=0)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5)


def test_copy_has_the_weights_and_nearly_the_outputs_of_the_model():
    model = trained("mixed_bfloat16")
    copy = full_precision.full_precision(model)
    assert not any(
        layer.compute_dtype == "bfloat16" for layer in copy._flatten_layers()
    )
    inputs = {"image": pictures(2)}
    expected = model.predict(inputs, verbose=0)["present"]
    found = copy.predict(inputs, verbose=0)["present"]
    assert 0 < np.max(np.abs(found - expected)) < 0.02 * np.max(np.abs(found))
