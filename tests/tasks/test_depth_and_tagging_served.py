"""From pictures to metres and from words to tags, through the whole model."""

import keras
import numpy as np

import mm_keras
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks


def test_brightness_is_learned_as_depth_and_served_in_its_unit():
    rng = np.random.default_rng(0)
    bright = rng.integers(32, 224, (64, 4, 4, 1)).repeat(4, 1).repeat(4, 2)
    depth = (bright / 64.0).astype("float32")
    depth[:, :2] = np.nan
    image = np.tile(bright, (1, 1, 1, 3)).astype("uint8")
    model = models.hard_sharing(
        {"image": encoders.convnet((16, 16, 3), (16, 16), pyramid_channels=16)},
        [tasks.depth("far", channels=16)],
        optimizer=keras.optimizers.Adam(0.01),
    )
    data = {"image": image}, {"far": depth}
    before = model.evaluate(*data, verbose=0, return_dict=True)
    model.fit(*data, batch_size=16, epochs=12, verbose=0)
    after = model.evaluate(*data, verbose=0, return_dict=True)
    assert after["far_abs_rel"] < 0.15 < before["far_abs_rel"]
    assert after["far_delta"] > 0.7 > before["far_delta"]
    served = mm_keras.serving_model(model).predict(data[0], verbose=0)["far"]
    error = np.abs(served - depth)[:, 2:] / depth[:, 2:]
    np.testing.assert_allclose(error.mean(), after["far_abs_rel"], rtol=1e-3)


def test_strings_come_in_and_tags_come_out():
    text = keras.layers.TextVectorization(
        vocabulary=["a", "b"], output_sequence_length=4, standardize="lower"
    )
    model = models.hard_sharing(
        {"text": encoders.lstm(4, 4, units=8)},
        [tasks.tagging("part", 3, max_tokens=4)],
    )
    serving = mm_keras.serving_model(model, text=text)
    found = serving.predict_one({"text": "A b a"})["part"]
    assert found.dtype == np.int32 and found.shape == (4,)
    assert np.all(found[:3] >= 0) and found[3] == -1
