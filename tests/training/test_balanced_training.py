"""Strategies inside the training step: every level, alone and resumed."""

import keras
import numpy as np
import pytest
from keras import ops

import mm_keras
from mm_keras import balancing
from mm_keras import tasks
from mm_keras.training import frontier

STRATEGIES = {
    "none": lambda: None,
    "equal": lambda: "equal",
    "uncertainty": lambda: "uncertainty",
    "pcgrad": lambda: balancing.PCGrad(seed=3),
    "pcgrad_features": lambda: balancing.PCGrad(seed=3, level="features"),
    "pcgrad_rarely": lambda: balancing.PCGrad(seed=3, update_every=3),
    "pcgrad_features_rarely": lambda: balancing.PCGrad(
        seed=3, update_every=3, level="features"
    ),
}


@keras.saving.register_keras_serializable(package=__name__)
class Sum(balancing.GramianBalancing):
    """Weights of one: the update is that of plain Keras."""

    def task_weights(self, gramian, losses=None):
        return ops.ones_like(ops.diagonal(gramian))


@keras.saving.register_keras_serializable(package=__name__)
class Rows(balancing.GradientBalancing):
    """Adds the rows, and remembers how it was called."""

    def call(self, gradients, losses=None, features=None):
        self.shapes = (gradients.shape, losses.shape, features)
        return ops.sum(gradients, axis=0)


@keras.saving.register_keras_serializable(package=__name__)
class Halves(Sum):
    """The mean over two independent halves of each batch."""

    num_batches = 2

    def task_weights(self, gramian, losses=None):
        assert gramian.shape == (6, 6) and losses.shape == (6,)
        return ops.ones((6,)) / 2


@keras.saving.register_keras_serializable(package=__name__)
class Listener(balancing.Equal):
    """Remembers the losses after the step."""

    uses_losses_after_step = True

    def build(self, losses_shape):
        self.after = self.add_weight(
            shape=losses_shape, trainable=False, name="after"
        )

    def after_step(self, losses):
        self.after.assign(losses)


def table_tasks():
    return [
        tasks.classification("kind", 3),
        tasks.regression("price", weight=2.0),
        tasks.multi_label("tags", 4),
    ]


def table_model(balancing=None, optimizer="adam", seed=1, regularizer=None):
    keras.utils.set_random_seed(seed)
    x = keras.Input((6,))
    y = keras.layers.Dense(
        16, activation="tanh", kernel_regularizer=regularizer
    )(x)
    y = keras.layers.Dense(8, activation="tanh")(y)
    return mm_keras.models.hard_sharing(
        {"table": keras.Model(x, y)},
        table_tasks(),
        balancing=balancing,
        optimizer=optimizer,
    )


def table_data(rows=16, seed=0):
    rng = np.random.default_rng(seed)
    x = {"table": rng.normal(size=(rows, 6)).astype("float32")}
    y = {
        "kind": rng.integers(0, 3, rows),
        "price": rng.normal(size=(rows, 1)).astype("float32"),
        "tags": rng.integers(0, 2, (rows, 4)).astype("float32"),
    }
    return x, y


def fit(model, epochs=1, **kwargs):
    x, y = table_data()
    return model.fit(
        x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0, **kwargs
    ).history


def assert_close_weights(model, other, **tolerances):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=False):
        np.testing.assert_allclose(a, b, **tolerances)


@pytest.mark.parametrize("name", STRATEGIES)
class TestEveryStrategy:
    def test_trains_every_weight(self, name):
        model = table_model(STRATEGIES[name]())
        before = [v.numpy() for v in model.trainable_variables]
        history = fit(model, epochs=2)
        for variable, old in zip(
            model.trainable_variables, before, strict=True
        ):
            assert np.any(variable.numpy() != old), variable.path
        assert history["loss"][1] < history["loss"][0]

    def test_goes_on_after_loading_as_if_nothing_had_happened(
        self, name, tmp_path
    ):
        model = table_model(STRATEGIES[name]())
        fit(model)
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        assert type(loaded.balancing) is type(model.balancing)
        assert fit(loaded, epochs=2) == fit(model, epochs=2)
        for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
    def test_trains_in_half_precision(self, name, policy):
        keras.config.set_dtype_policy(policy)
        model = table_model(STRATEGIES[name]())
        history = fit(model, epochs=2)
        assert np.all(np.isfinite(history["loss"]))
        assert history["loss"][1] < history["loss"][0]

    def test_adds_regularizers_in_full(self, name):
        strategy = STRATEGIES[name]()
        rate = keras.optimizers.SGD(0.1)
        with_term = table_model(
            strategy, rate, regularizer=keras.regularizers.L2(0.5)
        )
        kernel = with_term.layers[1].layers[1].kernel
        before = kernel.numpy()
        x, y = table_data(rows=8)
        without = table_model(STRATEGIES[name](), keras.optimizers.SGD(0.1))
        for model in (with_term, without):
            model.fit(x, y, batch_size=8, verbose=0)
        difference = kernel.numpy() - without.layers[1].layers[1].kernel.numpy()
        # The slope of 0.5 * w^2 is w, and the rate is 0.1.
        np.testing.assert_allclose(difference, -0.1 * before, atol=1e-5)


@pytest.mark.parametrize("name", ["uncertainty", "pcgrad", "pcgrad_features"])
def test_xla_gives_the_same_step(name):
    rate = keras.optimizers.SGD(0.1)
    plain = table_model(STRATEGIES[name](), rate)
    xla = table_model()
    xla.compile(
        keras.optimizers.SGD(0.1),
        balancing=STRATEGIES[name](),
        jit_compile=True,
    )
    x, y = table_data(rows=8)
    for model in (plain, xla):
        model.fit(x, y, batch_size=8, verbose=0)
    assert_close_weights(xla, plain, atol=1e-5)


class TestTheStep:
    @pytest.mark.parametrize(
        "strategy",
        [
            lambda: Sum(),
            lambda: Sum(level="features"),
            lambda: Sum(update_every=2),
            lambda: Sum(update_every=2, level="features"),
            lambda: Rows(),
            lambda: Rows(level="features"),
            lambda: balancing.Equal(),
        ],
    )
    def test_of_plain_weights_is_the_step_of_keras(self, strategy):
        plain, balanced = table_model(), table_model(strategy())
        fit(plain, epochs=2), fit(balanced, epochs=2)
        assert_close_weights(balanced, plain, atol=1e-5)

    def test_with_halves_is_the_step_of_the_whole(self):
        plain = table_model(optimizer=keras.optimizers.SGD(0.1))
        halves = table_model(Halves(), keras.optimizers.SGD(0.1))
        logs, expected = fit(halves), fit(plain)
        assert_close_weights(halves, plain, atol=1e-6)
        np.testing.assert_allclose(logs["loss"], expected["loss"], rtol=1e-5)
        np.testing.assert_allclose(
            logs["price_mae"], expected["price_mae"], rtol=1e-5
        )

    def test_gives_rows_by_task_and_weighted_losses(self):
        strategy = Rows()
        fit(table_model(strategy))
        shared = 6 * 16 + 16 + 16 * 8 + 8
        assert strategy.shapes == ((3, shared), (3,), None)

    def test_tells_the_losses_after_the_update(self):
        model = table_model(Listener())
        x, y = table_data(rows=8)
        model.fit(x, y, batch_size=8, verbose=0)
        logs = model.evaluate(x, y, verbose=0, return_dict=True)
        weighted = [
            logs["kind_loss"],
            2 * logs["price_loss"],
            logs["tags_loss"],
        ]
        np.testing.assert_allclose(model.balancing.after, weighted, rtol=1e-5)

    def test_logs_unweighted_losses(self):
        x, y = table_data(rows=8)
        model = table_model("pcgrad", keras.optimizers.SGD(0.0))
        logs = model.fit(x, y, verbose=0).history
        plain = model.evaluate(x, y, verbose=0, return_dict=True)
        assert logs["price_loss"][0] == pytest.approx(plain["price_loss"])
        assert logs["loss"][0] == pytest.approx(
            plain["kind_loss"] + 2 * plain["price_loss"] + plain["tags_loss"]
        )

    def test_removes_conflict_between_shared_gradients(self):
        # One weight, two tasks that pull in opposite directions with slopes
        # 1 and -2: each is projected to zero, so nothing moves.
        x = keras.Input((1,))
        shared = keras.layers.Dense(1, use_bias=False, name="shared")(x)
        heads = [
            tasks.Task(
                name,
                target=tasks.Target("number", (1,)),
                head=keras.layers.Activation("linear", dtype="float32"),
                loss=keras.losses.MeanAbsoluteError(),
                weight=weight,
            )
            for name, weight in {"up": 1.0, "down": 2.0}.items()
        ]
        model = mm_keras.models.hard_sharing(
            {"x": keras.Model(x, shared)},
            heads,
            balancing="pcgrad",
            optimizer=keras.optimizers.SGD(1.0),
        )
        kernel = model.trainable_variables[0]
        before = kernel.numpy()
        ones = np.ones((1, 1), "float32")
        model.train_on_batch({"x": ones}, {"up": 9 * ones, "down": -9 * ones})
        np.testing.assert_allclose(kernel.numpy(), before, atol=1e-6)
        model.compile(keras.optimizers.SGD(1.0))
        model.train_on_batch({"x": ones}, {"up": 9 * ones, "down": -9 * ones})
        np.testing.assert_allclose(kernel.numpy(), before - 1.0, atol=1e-6)

    def test_needs_fewer_gradients_between_updates(self):
        strategy = balancing.PCGrad(update_every=3, seed=0)
        model = table_model(strategy)
        ages = []
        x, y = table_data(rows=8)
        for _ in range(4):
            model.train_on_batch(x, y)
            ages.append(int(strategy.age.numpy()))
        assert ages == [1, 2, 0, 1]


class TestHooks:
    def test_features_are_read_at_their_level_only(self):
        class Reader(Rows):
            uses_features = True

        with pytest.raises(ValueError, match=r"Reader.*Received.*Set"):
            Reader()
        strategy = Reader(level="features")
        fit(table_model(strategy))
        assert strategy.shapes[2] is not None

    def test_several_batches_have_no_features_in_common(self):
        with pytest.raises(ValueError, match=r"Halves.*Received.*Leave"):
            Halves(level="features")

    def test_a_batch_without_labels_leaves_the_noise_of_a_task(self):
        x, y = table_data(rows=8)
        model = table_model("uncertainty")
        weights = {"price": np.zeros(8, "float32")}
        model.fit(x, y, sample_weight=weights, verbose=0)
        noise = ops.convert_to_numpy(model.balancing.log_variance)
        assert noise[1] == 0 and noise[0] != 0 and noise[2] != 0


class TestTheSlot:
    def test_compiling_anew_releases_the_old_strategy(self):
        # Keras keeps on tracking a layer: one more variable each time.
        model = table_model()
        count = len(model.trainable_variables)
        for _ in range(3):
            model.compile("adam", balancing="uncertainty")
            assert len(model.trainable_variables) == count + 1
        model.compile("adam")
        assert len(model.trainable_variables) == count
        assert model.balancing is None

    # Only the state of the optimizer depends on the strategy.
    @pytest.mark.filterwarnings("ignore:Skipping variable loading for opt")
    @pytest.mark.parametrize("saved", ["uncertainty", "pcgrad", None])
    @pytest.mark.parametrize("loading", ["uncertainty", "pcgrad", None])
    def test_weights_load_across_strategies(self, saved, loading, tmp_path):
        model, other = table_model(saved, seed=1), table_model(loading, seed=2)
        model.save_weights(tmp_path / "m.weights.h5")
        other.load_weights(tmp_path / "m.weights.h5")
        x, _ = table_data()
        expected = model.predict(x, verbose=0)
        for name, value in other.predict(x, verbose=0).items():
            np.testing.assert_array_equal(value, expected[name])

    def test_a_strategy_of_another_model_is_refused(self):
        strategy = balancing.PCGrad()
        table_model(strategy)
        with pytest.raises(ValueError, match=r"own.*Received.*Make a new"):
            table_model(strategy)

    def test_an_unknown_strategy_is_explained(self):
        with pytest.raises(ValueError, match=r"pcgrad.*Received.*'pcgrd'"):
            table_model("pcgrd")


class TestTheFrontier:
    def test_lies_where_the_tasks_part(self):
        model = table_model()
        trunk, rest, learned = model.split()
        (feature,) = frontier.find(model)
        assert feature.shape == (None, 8)
        assert learned == [True]
        x, _ = table_data()
        whole = model(x)
        parts = rest([trunk(x)])
        for name in whole:
            np.testing.assert_array_equal(parts[name], whole[name])

    def test_an_input_that_one_task_reads_is_not_balanced(self, tmp_path):
        # `extra` is read by the head of one task only: its slopes are those
        # of pixels, and no part of what the tasks share.
        x = keras.Input((6,), name="table")
        extra = keras.Input((4,), name="extra")
        shared = keras.layers.Dense(8, name="shared")(x)
        pair = [tasks.regression("one"), tasks.regression("two")]
        both = keras.layers.Concatenate()([shared, extra])
        outputs = {
            "one": pair[0].make_head()(shared),
            "two": pair[1].make_head()(both),
        }
        model = mm_keras.MultiTaskModel(
            {"table": x, "extra": extra}, outputs, tasks=pair
        )
        strategy = Rows(level="features")
        model.compile("sgd", balancing=strategy)
        data = {"table": np.ones((4, 6)), "extra": np.ones((4, 4))}
        targets = {task.name: np.ones((4, 1)) for task in pair}
        model.train_on_batch(data, targets)
        gradients, _, _ = strategy.shapes
        assert gradients[0] == 2
        _, _, learned = model.split()
        assert sorted(learned) == [False, True]
        # The cut leaves the model whole: it can be saved.
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        for name, value in model(data).items():
            np.testing.assert_allclose(loaded(data)[name], value, rtol=1e-5)

    def test_nothing_shared_is_explained(self):
        inputs = {name: keras.Input((2,), name=name) for name in ("a", "b")}
        pair = [tasks.regression("one"), tasks.regression("two")]
        outputs = {
            task.name: task.make_head()(x)
            for task, x in zip(pair, inputs.values(), strict=True)
        }
        model = mm_keras.MultiTaskModel(inputs, outputs, tasks=pair)
        model.compile("adam", balancing=balancing.PCGrad(level="features"))
        data = {name: np.ones((4, 2), "float32") for name in inputs}
        y = {task.name: np.ones((4, 1), "float32") for task in pair}
        with pytest.raises(ValueError, match=r"share.*Received.*Use"):
            model.train_on_batch(data, y)
