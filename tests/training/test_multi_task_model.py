"""What Keras is silent about, and what `MultiTaskModel` does instead."""

import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import tasks


def table_tasks():
    return [
        tasks.classification("kind", 3),
        tasks.regression("price"),
        tasks.multi_label("tags", 4),
    ]


def table_model(task_list=None, **kwargs):
    encoder = mm_keras.encoders.mlp((6,), units=(16,))
    return mm_keras.models.hard_sharing(
        {"table": encoder}, task_list or table_tasks(), **kwargs
    )


def table_data(rows=32, seed=0):
    rng = np.random.default_rng(seed)
    x = {"table": rng.normal(size=(rows, 6)).astype("float32")}
    y = {
        "kind": rng.integers(0, 3, rows),
        "price": rng.normal(size=(rows, 1)).astype("float32"),
        "tags": rng.integers(0, 2, (rows, 4)).astype("float32"),
    }
    return x, y


def weights_of(model):
    return [w.copy() for w in model.get_weights()]


def assert_equal_weights(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class TestNames:
    @pytest.mark.parametrize(
        "argument", ["loss", "loss_weights", "metrics", "weighted_metrics"]
    )
    def test_a_wrong_name_in_compile_is_explained(self, argument):
        # Keras matches loss weights of wrong names by their position.
        value = {"knd": 1.0}
        with pytest.raises(ValueError, match=r"(?s)Expected.*kind.*Rece.*knd"):
            table_model().compile("adam", **{argument: value})

    def test_missing_loss_weights_are_those_of_the_task(self):
        x, y = table_data()
        model = table_model([tasks.regression("price", weight=2.0)])
        logs = model.evaluate(x, {"price": y["price"]}, return_dict=True)
        assert logs["loss"] == pytest.approx(2 * logs["price_loss"])

    def test_an_unknown_input_is_refused(self):
        # Keras would match the tensors by the sorted order of their names.
        x, _ = table_data()
        with pytest.raises(ValueError, match=r"(?s)inputs.*table.*Rece.*extra"):
            table_model().predict({**x, "extra": x["table"]}, verbose=0)

    def test_an_input_without_a_name_is_refused(self):
        x, _ = table_data()
        with pytest.raises(ValueError, match=r"dictionary.*Received.*Name"):
            table_model()(x["table"])

    def test_an_unknown_target_is_refused_before_training(self):
        x, y = table_data()
        model = table_model()
        before = weights_of(model)
        with pytest.raises(ValueError, match=r"targets.*Received.*prise"):
            model.fit(x, {"prise": y["price"]}, verbose=0)
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_data_without_any_target_is_refused(self):
        x, _ = table_data()
        with pytest.raises(ValueError, match=r"at least one task.*Pass"):
            table_model().evaluate(x, verbose=0)

    def test_an_unknown_weight_is_refused(self):
        x, y = table_data()
        weights = {**{name: np.ones(32) for name in y}, "prise": np.ones(32)}
        with pytest.raises(ValueError, match="prise"):
            table_model().train_on_batch(x, y, sample_weight=weights)

    def test_a_loss_without_a_name_says_what_came(self):
        with pytest.raises(
            ValueError, match=r"`loss`.*by task.*'mse'.*`{'digits': keras"
        ):
            table_model().compile("adam", loss="mse")

    def test_a_clone_without_tasks_is_explained(self):
        with pytest.raises(ValueError, match="clone_model` forgets.*copy"):
            keras.models.clone_model(table_model())

    def test_outputs_without_a_task_are_refused(self):
        table = keras.Input((6,), name="table")
        outputs = {"other": keras.layers.Dense(1)(table)}
        with pytest.raises(ValueError, match=r"outputs.*price.*other"):
            mm_keras.MultiTaskModel(
                {"table": table}, outputs, tasks=[tasks.regression("price")]
            )


class TestLogits:
    @pytest.mark.parametrize(
        "loss",
        [
            "sparse_categorical_crossentropy",
            "BinaryCrossentropy",
            keras.losses.SparseCategoricalCrossentropy(),
            keras.losses.sparse_categorical_crossentropy,
            keras.losses.CategoricalGeneralizedCrossEntropy(),
            keras.saving.serialize_keras_object(
                keras.losses.BinaryCrossentropy()
            ),
        ],
    )
    def test_a_loss_that_would_read_logits_as_probabilities_raises(self, loss):
        # Keras computes a wrong number from it, without a word.
        with pytest.raises(
            ValueError, match=r"expects probab.*Received.*from_"
        ):
            table_model().compile("adam", loss={"kind": loss})

    def test_a_loss_within_another_is_seen(self):
        inner = keras.losses.SparseCategoricalCrossentropy()
        loss = mm_keras.losses.PerExampleMean(inner)
        with pytest.raises(ValueError, match="from_logits"):
            table_model().compile("adam", loss={"kind": loss})

    def test_the_accuracy_of_a_number_is_explained(self):
        with pytest.raises(ValueError, match=r"accuracy.*Received.*Pass"):
            table_model().compile("adam", metrics={"price": ["accuracy"]})

    def test_a_loss_that_reads_logits_is_taken(self):
        x, y = table_data()
        model = table_model()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        before = model.evaluate(x, y, verbose=0, return_dict=True)
        model.compile("adam", loss={"kind": loss})
        after = model.evaluate(x, y, verbose=0, return_dict=True)
        assert after["kind_loss"] == pytest.approx(before["kind_loss"])

    def test_metrics_see_probabilities(self):
        x, y = table_data()
        model = table_model()
        logits = model.predict(x, verbose=0)["tags"]
        model.compile(
            "adam", metrics={"tags": [keras.metrics.BinaryAccuracy()]}
        )
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        expected = np.mean((logits > 0) == (y["tags"] > 0.5))
        assert logs["tags_binary_accuracy"] == pytest.approx(expected)


class TestLogs:
    def test_have_the_same_names_with_one_task(self):
        # A Keras model with one output in a dictionary loses the prefix.
        x, y = table_data()
        several = table_model().fit(x, y, verbose=0).history
        task = tasks.regression("price")
        one = table_model([task]).fit(x, {"price": y["price"]}, verbose=0)
        assert set(one.history) == {"loss", "price_loss", "price_mae"}
        assert set(one.history) < set(several)

    def test_compiling_anew_starts_clean(self):
        # Keras keeps the metrics and the loss of the first time.
        x, y = table_data()
        model = table_model()
        model.compile("adam", metrics={"price": ["mse"]})
        assert "price_mse" in model.evaluate(x, y, verbose=0, return_dict=True)
        model.compile("adam")
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        assert "price_mse" not in logs and "price_mae" in logs

    def test_of_a_task_are_means_over_its_labelled_rows(self):
        x, y = table_data(rows=6)
        weights = {"price": np.array([1, 1, 1, 0, 0, 1], "float32")}
        model = table_model()
        logs = model.evaluate(
            x,
            y,
            sample_weight=weights,
            batch_size=3,
            verbose=0,
            return_dict=True,
        )
        error = np.abs(model.predict(x, verbose=0)["price"] - y["price"])[:, 0]
        labelled = weights["price"] > 0
        assert logs["price_mae"] == pytest.approx(error[labelled].mean(), 1e-5)
        huber = np.where(error < 1, error**2 / 2, error - 0.5)
        assert logs["price_loss"] == pytest.approx(huber[labelled].mean(), 1e-5)


class TestPartialLabels:
    def test_a_missing_label_of_weight_zero_changes_nothing(self):
        # In Keras the loss of the batch is NaN.
        x, y = table_data()
        half = {name: value[:16] for name, value in y.items()}
        y["price"][16:] = np.nan
        weights = {
            name: np.repeat([1.0, 0.0], 16).astype("float32") for name in y
        }
        model = table_model()
        logs = model.evaluate(
            x, y, sample_weight=weights, verbose=0, return_dict=True
        )
        expected = model.evaluate(
            {"table": x["table"][:16]}, half, verbose=0, return_dict=True
        )
        for name, value in expected.items():
            assert logs[name] == pytest.approx(value, rel=1e-5), name

    def test_a_task_without_targets_is_not_trained(self):
        x, y = table_data()
        model = table_model()
        before = model.get_layer("price_head").get_weights()
        logs = model.fit(
            x, {"kind": y["kind"], "tags": y["tags"]}, verbose=0
        ).history
        for a, b in zip(
            before, model.get_layer("price_head").get_weights(), strict=True
        ):
            np.testing.assert_array_equal(a, b)
        assert logs["price_loss"] == [0.0] and logs["kind_loss"][0] > 0

    def test_weights_of_some_tasks_are_enough(self):
        # Keras wants weights for every target.
        x, y = table_data()
        weights = {"kind": np.zeros(32, "float32")}
        model = table_model()
        validation = (x, y, weights)
        logs = model.fit(
            x, y, sample_weight=weights, validation_data=validation, verbose=0
        ).history
        assert logs["kind_loss"] == [0.0] == logs["val_kind_loss"]
        assert logs["price_loss"][0] > 0

    def test_no_label_at_all_gives_zero_and_not_nan(self):
        x, y = table_data()
        weights = {name: np.zeros(32, "float32") for name in y}
        logs = table_model().evaluate(
            x, y, sample_weight=weights, verbose=0, return_dict=True
        )
        assert logs["loss"] == 0.0


class TestOneTask:
    @pytest.mark.parametrize("balancing", [None, "uncertainty", "pcgrad"])
    def test_is_plain_keras_to_the_last_bit(self, balancing):
        x, y = table_data()
        y = {"price": y["price"]}
        task = tasks.regression("price")
        keras.utils.set_random_seed(1)
        ours = table_model([task], balancing=balancing)
        plain = keras.Model(ours.input, ours.output)
        plain = keras.models.clone_model(plain)
        plain.set_weights(ours.get_weights())
        plain.compile("adam", loss={"price": keras.losses.Huber()})
        kwargs = {"epochs": 3, "shuffle": False, "verbose": 0, "batch_size": 8}
        logs = ours.fit(x, y, **kwargs).history
        expected = plain.fit(x, y, **kwargs).history
        assert logs["loss"] == expected["loss"] == logs["price_loss"]
        assert_equal_weights(ours, plain)

    def test_ignores_the_strategy_but_keeps_it(self):
        model = table_model([tasks.regression("price")], balancing="pcgrad")
        assert isinstance(model.balancing, mm_keras.balancing.PCGrad)
        assert not model.balancing.built


class TestDataOfUnknownLength:
    def batches(self):
        import tensorflow as tf

        dataset = tf.data.Dataset.from_tensor_slices(table_data()).batch(8)
        return dataset.filter(lambda x, y: True)

    def test_ends_without_a_warning(self):
        """Keras takes the end of the first epoch for a lack of data."""
        model, data = table_model(), self.batches()
        assert int(data.cardinality()) < 0
        logs = model.fit(data, validation_data=data, epochs=2, verbose=0)
        assert np.isfinite(logs.history["val_loss"]).all()
        model.evaluate(data, verbose=0)

    def test_a_lack_of_data_is_still_said(self):
        model, data = table_model(), self.batches()
        with pytest.warns(UserWarning, match="ran out of data"):
            model.fit(data, steps_per_epoch=9, verbose=0)
        with pytest.warns(UserWarning, match="ran out of data"):
            model.evaluate(data, steps=9, verbose=0)
