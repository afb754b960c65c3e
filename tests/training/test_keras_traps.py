"""What Keras does without a word, and what a `MultiTaskModel` does.

Each test shows both. A test that fails in its first half says that Keras has
changed, and that our half may no longer be needed.
"""

import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import tasks

ROWS = 4
X = np.ones((ROWS, 2), "float32")


def two_tasks():
    return [tasks.regression("a"), tasks.regression("b", weight=3.0)]


def ours():
    encoder = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    return mm_keras.models.hard_sharing({"x": encoder}, two_tasks())


def plain(model):
    """A plain Keras model of the same layers."""
    return keras.Model(model.input, model.output)


def targets(a=0.0, b=0.0):
    return {
        "a": np.full((ROWS, 1), a, "float32"),
        "b": np.full((ROWS, 1), b, "float32"),
    }


def squares():
    return {name: keras.losses.MeanSquaredError() for name in ("a", "b")}


def test_loss_weights_of_wrong_names():
    model = ours()
    typo = {"b_": 1.0, "a_": 100.0}
    keras_model = plain(model)
    keras_model.compile("sgd", loss=squares(), loss_weights=typo)
    logs = keras_model.evaluate(
        {"x": X}, targets(), return_dict=True, verbose=0
    )
    # Matched by position, as if the names were right.
    total = 100 * logs["a_loss"] + logs["b_loss"]
    assert logs["loss"] == pytest.approx(total, rel=1e-5)
    with pytest.raises(ValueError, match="a_"):
        model.compile("sgd", loss_weights=typo)


def test_loss_weights_of_some_tasks():
    model = ours()
    keras_model = plain(model)
    keras_model.compile("sgd", loss=squares(), loss_weights={"a": 2.0})
    with pytest.raises(ValueError):
        keras_model.evaluate({"x": X}, targets(), verbose=0)
    model.compile("sgd", loss_weights={"a": 2.0})
    logs = model.evaluate({"x": X}, targets(), return_dict=True, verbose=0)
    total = 2 * logs["a_loss"] + 3 * logs["b_loss"]
    assert logs["loss"] == pytest.approx(total, rel=1e-5)


def test_a_missing_label_of_weight_zero():
    model = ours()
    y = targets()
    y["a"][0] = np.nan
    weights = {"a": np.array([0, 1, 1, 1.0]), "b": np.ones(ROWS)}
    keras_model = plain(model)
    keras_model.compile("sgd", loss=squares())
    logs = keras_model.evaluate(
        {"x": X}, y, sample_weight=weights, return_dict=True, verbose=0
    )
    assert np.isnan(logs["loss"])
    logs = model.evaluate(
        {"x": X}, y, sample_weight=weights, return_dict=True, verbose=0
    )
    assert np.isfinite(logs["loss"])


def test_sample_weights_of_some_tasks():
    model = ours()
    weights = {"a": np.ones(ROWS)}
    keras_model = plain(model)
    keras_model.compile("sgd", loss=squares())
    with pytest.raises(ValueError, match="sample_weight"):
        keras_model.fit({"x": X}, targets(), sample_weight=weights, verbose=0)
    logs = model.fit({"x": X}, targets(), sample_weight=weights, verbose=0)
    assert np.isfinite(logs.history["loss"][0])


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
def test_an_input_too_many():
    left, right = (keras.Input((2,), name=name) for name in ("m", "n"))
    outputs = {"a": keras.layers.Dense(1)(left + 0 * right)}
    task = tasks.regression("a")
    model = mm_keras.MultiTaskModel(
        {"m": left, "n": right}, outputs, tasks=[task]
    )
    x = {"m": X, "n": 7 * X}
    expected = plain(model)(x)["a"]
    # Tensors are matched by sorted names: "b" takes the place of "m".
    shifted = plain(model)({"b": -X, **x})["a"]
    assert not np.allclose(shifted, expected)
    with pytest.raises(ValueError, match="'b'"):
        model({"b": -X, **x})


def test_the_names_in_the_logs_of_one_task():
    x = keras.Input((2,), name="x")
    task = tasks.regression("a")
    outputs = {"a": task.make_head()(x)}
    model = mm_keras.MultiTaskModel({"x": x}, outputs, tasks=[task])
    model.compile("sgd")
    keras_model = plain(model)
    keras_model.compile(
        "sgd", loss={"a": keras.losses.Huber()}, metrics={"a": ["mae"]}
    )
    y = {"a": np.ones((ROWS, 1))}
    kwargs = {"return_dict": True, "verbose": 0}
    assert set(keras_model.evaluate({"x": X}, y, **kwargs)) == {"loss", "mae"}
    logs = model.evaluate({"x": X}, y, **kwargs)
    assert set(logs) == {"loss", "a_loss", "a_mae"}


def test_compiling_again():
    model = ours()
    keras_model = plain(model)
    keras_model.compile("sgd", loss=squares(), metrics={"a": ["mse"]})
    keras_model.compile("sgd", loss=squares())
    kwargs = {"return_dict": True, "verbose": 0}
    logs = keras_model.evaluate({"x": X}, targets(), **kwargs)
    assert "a_mse" in logs
    model.compile("sgd", metrics={"a": ["mse"]})
    model.compile("sgd")
    assert "a_mse" not in model.evaluate({"x": X}, targets(), **kwargs)


def test_logits_taken_for_probabilities():
    x = keras.Input((2,), name="x")
    task = tasks.classification("kind", 3)
    outputs = {"kind": task.make_head()(x)}
    model = mm_keras.MultiTaskModel({"x": x}, outputs, tasks=[task])
    model.compile("sgd")
    keras_model = plain(model)
    loss = {"kind": "sparse_categorical_crossentropy"}
    keras_model.compile("sgd", loss=loss)
    y = {"kind": np.zeros(ROWS, "int32")}
    right = model.evaluate({"x": X}, y, return_dict=True, verbose=0)["loss"]
    wrong = keras_model.evaluate({"x": X}, y, return_dict=True, verbose=0)
    assert wrong["loss"] != pytest.approx(right, rel=0.01)
    with pytest.raises(ValueError, match="logits"):
        model.compile("sgd", loss=loss)


def test_weights_per_example_of_a_loss_per_pixel():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    mask = np.zeros((2, 3, 2, 1), "int32")
    logits = np.zeros((2, 3, 2, 4), "float32")
    # The first picture is right everywhere, the second one is unsure.
    logits[0, ..., 0] = 50.0
    weights = np.array([1.0, 0.0])
    # The weights go along the width of both pictures: half of log(4) / 2.
    assert float(loss(mask, logits, weights)) == pytest.approx(np.log(4) / 4)
    whole = mm_keras.losses.PerExampleMean(loss)
    assert float(whole(mask, logits, weights)) == pytest.approx(0.0, abs=1e-6)


def test_mean_iou_with_weights_per_example():
    mask = np.zeros((2, 3, 3), "int32")
    weights = np.array([1.0, 0.0])
    with pytest.raises(Exception, match="(?i)shape|broadcast|dimension"):
        keras.metrics.MeanIoU(2, dtype="float32")(mask, mask, weights)
    value = mm_keras.metrics.MeanIoU(2)(mask, mask, weights)
    assert float(value) == 1.0


@keras.saving.register_keras_serializable(package=__name__)
class WithStrategy(keras.Model):
    def set(self, layer):
        self.strategy = layer


def test_a_layer_that_was_replaced():
    x = keras.Input((2,))
    model = WithStrategy(x, keras.layers.Dense(1)(x))
    counts = []
    for _ in range(3):
        layer = mm_keras.balancing.Uncertainty()
        layer.build((2,))
        model.set(layer)
        counts.append(len(model.trainable_variables))
    assert counts == [3, 4, 5]
    model = ours()
    counts = []
    for _ in range(3):
        model.compile("sgd", balancing="uncertainty")
        counts.append(len(model.trainable_variables))
    assert len(set(counts)) == 1


def test_cloning_an_encoder():
    encoder = mm_keras.encoders.mlp((2,), units=(3,))
    clone = keras.models.clone_model(encoder)
    assert not np.allclose(clone(X)["vector"], encoder(X)["vector"])
    copied = mm_keras.encoders.copy(encoder, "copied")
    np.testing.assert_array_equal(copied(X)["vector"], encoder(X)["vector"])


def test_an_argument_that_a_saved_loss_forgets(tmp_path):
    # |error| = 2: delta * (2 - delta / 2).
    y = targets(2.0, 2.0)
    values = []
    for model in (plain(ours()), ours()):
        huber = {name: keras.losses.Huber(delta=0.5) for name in ("a", "b")}
        model.compile("sgd", loss=huber, loss_weights={"a": 1.0, "b": 0.0})
        model.set_weights([np.zeros_like(w) for w in model.get_weights()])
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        values.append(loaded.evaluate({"x": X}, y, verbose=0)[0])
    assert values == [1.0 * (2 - 1.0 / 2), 0.5 * (2 - 0.5 / 2)]
