import keras
import numpy as np
import pytest
import tensorflow as tf

import mm_keras
from mm_keras import tasks


def pictures(rows=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (rows, 32, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    encoder = mm_keras.encoders.resnet(
        (1, 1), (32, 32, 3), width=8, stem_stride=4, pyramid_channels=8
    )
    return mm_keras.models.hard_sharing(
        {"image": encoder},
        [
            tasks.detection("digits", 10, max_boxes=4, max_detections=5),
            tasks.segmentation("mask", 11, channels=8),
            tasks.multi_label("present", 10),
            tasks.classification("kind", 3),
            tasks.regression("count"),
            tasks.localization("where"),
        ],
    )


@pytest.fixture(scope="module")
def text_model():
    keras.utils.set_random_seed(0)
    encoders = {
        "text": mm_keras.encoders.lstm(8, 5, units=4),
        "image": mm_keras.encoders.mlp((3,), units=(4,)),
    }
    return mm_keras.models.hard_sharing(encoders, [tasks.regression("count")])


@pytest.fixture(scope="module")
def vectorization():
    layer = keras.layers.TextVectorization(8, output_sequence_length=5)
    layer.adapt(["a red three", "a blue seven left of a red one"])
    return layer


class TestServingModel:
    def test_gives_what_people_read_under_flat_names(self, model):
        outputs = mm_keras.serving_model(model).predict(
            {"image": pictures()}, verbose=0
        )
        shapes = {name: value.shape for name, value in outputs.items()}
        assert shapes == {
            "digits_boxes": (3, 5, 4),
            "digits_scores": (3, 5),
            "digits_classes": (3, 5),
            "digits_count": (3,),
            "mask": (3, 32, 32, 1),
            "present": (3, 10),
            "kind": (3, 3),
            "count": (3, 1),
            "where": (3, 4),
        }

    def test_decodes_the_raw_outputs(self, model):
        x = {"image": pictures()}
        raw = model.predict(x, verbose=0)
        outputs = mm_keras.serving_model(model).predict(x, verbose=0)
        expected = 1 / (1 + np.exp(-raw["present"]))
        np.testing.assert_allclose(outputs["present"], expected, atol=1e-6)
        np.testing.assert_allclose(outputs["kind"].sum(1), 1, atol=1e-6)
        np.testing.assert_array_equal(
            outputs["mask"][..., 0], raw["mask"].argmax(-1)
        )

    def test_shares_the_weights(self, model):
        serving = mm_keras.serving_model(model)
        assert len(serving.weights) == len(model.weights)

    def test_one_example_gives_what_predict_gives(self, model):
        serving = mm_keras.serving_model(model)
        x = pictures()
        batch = serving.predict({"image": x}, verbose=0)
        for row in range(2):
            one = serving.predict_one({"image": x[row].astype("uint8")})
            for name, value in one.items():
                np.testing.assert_allclose(
                    value, batch[name][row], atol=1e-5, err_msg=name
                )

    def test_one_example_compiles_once(self, model):
        serving = mm_keras.serving_model(model)
        for row in pictures(4):
            serving.predict_one({"image": row})
        assert serving._one_example.experimental_get_tracing_count() == 1

    def test_wrong_names_are_explained(self, model):
        serving = mm_keras.serving_model(model)
        with pytest.raises(ValueError, match=r"Expected.*image.*Received.*img"):
            serving.predict_one({"img": pictures()[0]})
        with pytest.raises(ValueError, match=r"Expected.*image.*Received.*img"):
            serving({"img": pictures()})
        with pytest.raises(ValueError, match=r"`text`.*image.*words"):
            mm_keras.serving_model(model, text={"words": None})

    def test_outputs_of_one_name_are_explained(self):
        encoder = mm_keras.encoders.convnet((32, 32, 3), filters=(8, 8))
        clash = [
            tasks.detection("digits", 3, channels=8),
            tasks.regression("digits_count"),
        ]
        model = mm_keras.models.hard_sharing({"image": encoder}, clash)
        with pytest.raises(ValueError, match=r"different.*Received.*Rename"):
            mm_keras.serving_model(model)

    def test_what_may_be_absent_is_present_where_nothing_is_said(self):
        encoder = mm_keras.encoders.mlp((3,), units=(4,))
        model = mm_keras.models.hard_sharing(
            {"table": mm_keras.encoders.optional(encoder)},
            [tasks.regression("count")],
        )
        serving = mm_keras.serving_model(model)
        x = np.ones((2, 3), "float32")
        expected = model({"table": x})["count"]
        batch = serving({"table": x})["count"]
        one = serving.predict_one({"table": x[0]})["count"]
        np.testing.assert_allclose(batch, expected, atol=1e-6)
        np.testing.assert_allclose(one, expected[0], atol=1e-6)

    def test_loads_to_equal_outputs(self, model, tmp_path):
        serving = mm_keras.serving_model(model)
        serving.save(tmp_path / "serving.keras")
        loaded = keras.models.load_model(tmp_path / "serving.keras")
        x = {"image": pictures()}
        expected = serving.predict(x, verbose=0)
        for name, value in loaded.predict(x, verbose=0).items():
            np.testing.assert_array_equal(value, expected[name])

    def test_strings_go_in_where_there_is_text(self, text_model, vectorization):
        serving = mm_keras.serving_model(text_model, text=vectorization)
        words = np.array(["a red three", "seven of what"], dtype=object)
        image = np.ones((2, 3), "float32")
        ids = np.asarray(vectorization(words), "int32")
        expected = text_model.predict({"text": ids, "image": image}, verbose=0)
        outputs = serving(
            {"text": tf.constant(words), "image": tf.constant(image)}
        )
        np.testing.assert_allclose(
            outputs["count"], expected["count"], atol=1e-6
        )
        one = serving.predict_one({"text": "a red three", "image": image[0]})
        np.testing.assert_allclose(one["count"], expected["count"][0], 1e-5)
