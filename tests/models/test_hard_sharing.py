import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks


def table(width=4, units=8, name=None):
    return encoders.mlp((width,), units=(units,), name=name)


def picture(channels=8, size=16, name=None):
    return encoders.convnet(
        (size, size, 3), filters=(8, 8), pyramid_channels=channels, name=name
    )


class Tokens(keras.layers.Layer):
    """Adds tokens where the mask is true."""

    view = "tokens"

    def build(self, shape):
        pass

    def call(self, features):
        mask = keras.ops.cast(features["tokens_mask"], "float32")
        return keras.ops.sum(features["tokens"] * mask[..., None], axis=(1, 2))[
            :, None
        ]

    def compute_output_shape(self, shape):
        return (shape["tokens"][0], 1)


def mask_of(part):
    return np.asarray(part["tokens_mask"])[..., None]


class TestNames:
    def test_inputs_are_named_by_modality_and_outputs_by_task(self):
        model = models.hard_sharing(
            {"left": table(), "right": table()},
            [tasks.regression("sum"), tasks.classification("kind", 3)],
        )
        assert set(model.input) == {"left", "right"}
        assert set(model.output) == {"sum", "kind"}
        assert [task.name for task in model.tasks] == ["sum", "kind"]

    def test_layers_carry_role_and_task(self):
        model = models.hard_sharing(
            {"left": table(), "right": table()}, [tasks.regression("sum")]
        )
        names = {layer.name for layer in model.layers}
        assert {"left_encoder", "right_encoder", "fusion", "sum_head"} <= names

    def test_encoders_of_one_name_get_along(self):
        encoder = table(name="same")
        other = table(name="same")
        model = models.hard_sharing(
            {"left": encoder, "right": other}, [tasks.regression("sum")]
        )
        x = {name: np.ones((2, 4), "float32") for name in model.input}
        assert model(x)["sum"].shape == (2, 1)


class TestViews:
    def test_weights_that_no_task_reads_are_left_out(self):
        dense = models.hard_sharing(
            {"image": picture()}, [tasks.segmentation("mask", 3, channels=8)]
        )
        flat = models.hard_sharing(
            {"image": picture()}, [tasks.regression("count")]
        )
        paths = [w.path for w in flat.weights]
        assert not [p for p in paths if "lateral" in p]
        assert [w.path for w in dense.weights if "lateral" in w.path]

    def test_a_view_that_no_encoder_gives_is_explained(self):
        with pytest.raises(ValueError) as error:
            models.hard_sharing(
                {"table": table()}, [tasks.segmentation("mask", 3)]
            )
        for part in ("'mask'", "'pyramid'", "'table'", "Add an encoder"):
            assert part in str(error.value)

    def test_an_encoder_that_no_task_reads_is_explained(self):
        with pytest.raises(ValueError, match=r"reads.*Received.*'table'.*Remo"):
            models.hard_sharing(
                {"table": table(), "image": picture()},
                [tasks.segmentation("mask", 3)],
            )

    def test_pyramids_are_joined_level_by_level(self):
        model = models.hard_sharing(
            {"rgb": picture(), "depth": picture()},
            [tasks.segmentation("mask", 3, channels=8)],
        )
        x = {
            name: np.random.default_rng(0)
            .uniform(0, 255, (2, 16, 16, 3))
            .astype("float32")
            for name in model.input
        }
        changed = {**x, "depth": 255 - x["depth"]}
        assert model(x)["mask"].shape == (2, 16, 16, 3)
        assert np.any(model(x)["mask"] != model(changed)["mask"])

    def test_pyramids_of_other_sizes_are_explained(self):
        with pytest.raises(ValueError, match=r"same levels.*Received.*Give"):
            models.hard_sharing(
                {"rgb": picture(), "depth": picture(size=32)},
                [tasks.segmentation("mask", 3)],
            )

    def test_tokens_follow_one_another_with_their_masks(self):
        task = tasks.Task(
            "total",
            target=tasks.Target("number", (1,)),
            head=keras.saving.register_keras_serializable(__name__)(Tokens)(),
            loss=keras.losses.MeanSquaredError(),
        )
        texts = {
            name: encoders.lstm(6, length, units=3)
            for name, length in {"title": 2, "body": 4}.items()
        }
        model = models.hard_sharing(texts, [task])
        x = {
            "title": np.array([[1, 0], [2, 3]]),
            "body": np.array([[1, 2, 3, 0], [4, 5, 0, 0]]),
        }
        parts = [
            model.get_layer(f"{name}_encoder")(ids) for name, ids in x.items()
        ]
        expected = sum(
            np.sum(
                p["tokens"] * np.asarray(p["tokens_mask"])[..., None], (1, 2)
            )
            for p in parts
        )
        np.testing.assert_allclose(model(x)["total"][:, 0], expected, atol=1e-5)


class TestMissingModality:
    def model(self):
        keras.utils.set_random_seed(0)
        return models.hard_sharing(
            {"left": encoders.optional(table()), "right": table()},
            [tasks.regression("sum")],
            fusion="attention",
        )

    def batch(self):
        rng = np.random.default_rng(0)
        return {
            name: rng.normal(size=(4, 4)).astype("float32")
            for name in ("left", "right")
        }

    def test_has_an_input_that_says_whether_it_is_there(self):
        assert set(self.model().input) == {"left", "left_present", "right"}

    def test_is_there_where_nothing_is_said(self):
        model, x = self.model(), self.batch()
        ones = np.ones(4, "float32")
        np.testing.assert_array_equal(
            model(x)["sum"], model({**x, "left_present": ones})["sum"]
        )
        predicted = model.predict(x, verbose=0)["sum"]
        np.testing.assert_allclose(predicted, model(x)["sum"], atol=1e-6)

    def test_an_absent_row_may_hold_anything(self):
        model, x = self.model(), self.batch()
        present = np.array([1, 0, 1, 0], "float32")
        broken = x["left"].copy()
        broken[present == 0] = np.nan
        clean = model({**x, "left_present": present})["sum"]
        dirty = model({**x, "left": broken, "left_present": present})["sum"]
        np.testing.assert_array_equal(clean, dirty)

    def test_trains_and_loads(self, tmp_path):
        model, x = self.model(), self.batch()
        x["left_present"] = np.array([1, 0, 1, 0], "float32")
        y = {"sum": np.ones((4, 1), "float32")}
        model.fit(x, y, verbose=0)
        model.save(tmp_path / "m.keras")
        loaded = keras.models.load_model(tmp_path / "m.keras")
        np.testing.assert_array_equal(loaded(x)["sum"], model(x)["sum"])


class TestBadInput:
    def test_two_tasks_of_one_name_are_explained(self):
        with pytest.raises(ValueError, match=r"list of tasks.*Received"):
            models.hard_sharing({"table": table()}, tasks.regression("a"))
        pair = [tasks.regression("a"), tasks.classification("a", 2)]
        with pytest.raises(ValueError, match=r"different.*Received.*Give"):
            models.hard_sharing({"table": table()}, pair)

    @pytest.mark.parametrize("wrong", [{}, None, "resnet"])
    def test_encoders_without_names_are_explained(self, wrong):
        with pytest.raises(ValueError, match=r"dictionary.*Received.*Pass"):
            models.hard_sharing(wrong, [tasks.regression("a")])

    def test_no_task_is_explained(self):
        with pytest.raises(ValueError, match=r"list of tasks.*Received"):
            models.hard_sharing({"table": table()}, [])


def test_one_list_of_tasks_builds_models_that_share_nothing():
    declared = [tasks.regression("sum")]
    one = models.hard_sharing({"table": table()}, declared)
    other = models.hard_sharing({"table": table()}, declared)
    assert not {id(w) for w in one.weights} & {id(w) for w in other.weights}


def test_mm_keras_says_where_its_parts_are():
    for name in mm_keras.__all__:
        assert hasattr(mm_keras, name)
