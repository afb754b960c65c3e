import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import mm_keras
from mm_keras import tasks
from mm_keras.export import verification

IN_PLAIN_TENSORFLOW = """
import json, sys
import numpy as np
import tensorflow as tf

folder, endpoint = sys.argv[1:3]
loaded = tf.saved_model.load(folder)
image = tf.constant(np.load(folder + ".npy"))
outputs = getattr(loaded, endpoint)({"image": image})
assert not [name for name in sys.modules if name.startswith("mm_keras")]
print(json.dumps({k: v.numpy().tolist() for k, v in outputs.items()}))
"""


def model_of(task_list):
    keras.utils.set_random_seed(0)
    encoder = mm_keras.encoders.convnet(
        (32, 32, 3), filters=(8, 8), pyramid_channels=8
    )
    return mm_keras.models.hard_sharing({"image": encoder}, task_list)


def pictures(rows=3):
    rng = np.random.default_rng(0)
    return rng.uniform(0, 255, (rows, 32, 32, 3)).astype("float32")


def test_runs_in_plain_tensorflow(tmp_path):
    model = model_of(
        [
            tasks.detection("digits", 3, max_detections=4, channels=8),
            tasks.segmentation("mask", 4, channels=8),
            tasks.multi_label("present", 3),
        ]
    )
    mm_keras.export.to_saved_model(model, tmp_path / "scenes")
    np.save(tmp_path / "scenes.npy", pictures())
    expected = mm_keras.serving_model(model).predict(
        {"image": pictures()}, verbose=0
    )
    arguments = ["-c", IN_PLAIN_TENSORFLOW, tmp_path / "scenes", "serve"]
    result = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(result.stdout.splitlines()[-1])
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)


def test_has_raw_outputs_too(tmp_path):
    model = model_of([tasks.multi_label("present", 3)])
    differences = mm_keras.export.to_saved_model(model, tmp_path / "m")
    assert set(differences) == {"serve", "raw"}
    assert max(differences.values()) <= 1e-5
    loaded = tf.saved_model.load(tmp_path / "m")
    x = {"image": pictures()}
    np.testing.assert_allclose(
        loaded.raw(x)["present"], model(x)["present"], atol=1e-5
    )


def test_takes_batches_of_any_size(tmp_path):
    model = model_of([tasks.regression("count")])
    mm_keras.export.to_saved_model(model, tmp_path / "m")
    loaded = tf.saved_model.load(tmp_path / "m")
    for rows in (1, 5):
        assert loaded.serve({"image": pictures(rows)})["count"].shape[0] == rows


def test_an_endpoint_of_your_own_is_written(tmp_path):
    model = model_of([tasks.regression("count")])
    count = keras.Model(model.input, {"twice": 2 * model.output["count"]})
    mm_keras.export.to_saved_model(
        model, tmp_path / "m", endpoints={"twice": count}
    )
    loaded = tf.saved_model.load(tmp_path / "m")
    x = {"image": pictures()}
    np.testing.assert_allclose(
        loaded.twice(x)["twice"], 2 * model(x)["count"], atol=1e-5
    )


def test_text_goes_in_as_strings(tmp_path):
    words = keras.layers.TextVectorization(8, output_sequence_length=4)
    words.adapt(["a red three", "a blue seven"])
    encoders = {"text": mm_keras.encoders.lstm(8, 4, units=4)}
    model = mm_keras.models.hard_sharing(encoders, [tasks.regression("count")])
    mm_keras.export.to_saved_model(model, tmp_path / "m", text=words)
    loaded = tf.saved_model.load(tmp_path / "m")
    sentences = tf.constant(["a red three", "unknown words"])
    expected = model({"text": tf.cast(words(sentences), "int32")})
    np.testing.assert_array_equal(
        loaded.serve({"text": sentences})["count"], expected["count"]
    )


@keras.saving.register_keras_serializable(package=__name__)
class Noise(keras.layers.Layer):
    """Draws a number outside of the graph: another one in each trace."""

    def build(self, shape):
        self.dense = keras.layers.Dense(1)
        self.dense.build(shape)

    def call(self, x):
        return self.dense(x) + np.random.default_rng().normal()


def noisy_model():
    task = tasks.Task(
        "count",
        target=tasks.Target("number", (1,)),
        head=Noise(dtype="float32"),
        loss=keras.losses.MeanSquaredError(),
    )
    return model_of([task])


def test_a_file_that_gives_other_numbers_is_not_kept(tmp_path):
    mm_keras.export.to_saved_model(
        model_of([tasks.regression("count")]), tmp_path / "m"
    )
    before = (tmp_path / "m" / "saved_model.pb").read_bytes()
    with pytest.raises(ValueError, match=r"'count'.*Received: a difference.*"):
        mm_keras.export.to_saved_model(noisy_model(), tmp_path / "m")
    assert [p.name for p in tmp_path.iterdir()] == ["m"]
    assert (tmp_path / "m" / "saved_model.pb").read_bytes() == before


def test_a_folder_of_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    model = model_of([tasks.regression("count")])
    with pytest.raises(ValueError, match=r"`path`.*Received.*Choose another"):
        mm_keras.export.to_saved_model(model, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_an_older_saved_model_is_replaced(tmp_path):
    model = model_of([tasks.regression("count")])
    mm_keras.export.to_saved_model(model, tmp_path / "m")
    mm_keras.export.to_saved_model(model, tmp_path / "m")
    assert (tmp_path / "m" / "saved_model.pb").exists()


def test_an_endpoint_does_not_take_the_place_of_another(tmp_path):
    model = model_of([tasks.regression("count")])
    with pytest.raises(ValueError, match=r"`endpoints`.*Received.*Rename"):
        mm_keras.export.to_saved_model(
            model, tmp_path / "m", endpoints={"raw": model}
        )


def test_differences_are_relative_for_large_values():
    far = verification.largest_difference([1000.0], [1000.5])
    assert far == pytest.approx(0.0005)
    assert verification.largest_difference([0.1], [0.2]) == pytest.approx(0.1)
    assert verification.largest_difference([1.0], [1.0, 2.0]) == np.inf
