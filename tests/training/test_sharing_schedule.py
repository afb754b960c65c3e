import keras
import numpy as np
import pytest

from mm_keras import models
from mm_keras import tasks
from mm_keras import training

RNG = np.random.default_rng(0)
INPUTS = {"table": RNG.normal(size=(6, 4)).astype("float32")}
TARGETS = {
    "price": RNG.normal(size=(6, 1)).astype("float32"),
    "kind": RNG.integers(0, 3, 6),
}
SCHEDULE = {
    "table_encoder": {0: False, 2: True, 3: False},
    "kind_head": {1: False},
}


def built(optimizer="adam", **arguments):
    """A model with BatchNormalization, which counts what it sees."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,), name="table")
    x = keras.layers.Dense(5, name="stem")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    encoder = keras.Model(inputs, {"vector": x})
    listed = [tasks.regression("price"), tasks.classification("kind", 3)]
    return models.hard_sharing(
        {"table": encoder}, listed, optimizer=optimizer, **arguments
    )


class Watch(keras.callbacks.Callback):
    """Keeps the weights of every layer after each epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def look(self):
        self.weights.append(
            {layer.name: layer.get_weights() for layer in self.model.layers}
        )

    def on_train_begin(self, logs=None):
        self.look()

    def on_epoch_end(self, epoch, logs=None):
        self.look()

    def changed(self, name):
        """Whether the weights of a layer changed, by epoch; all or none."""
        return [
            some_or_all(before[name], after[name])
            for before, after in zip(
                self.weights[:-1], self.weights[1:], strict=True
            )
        ]


def some_or_all(before, after):
    different = [np.any(b != a) for b, a in zip(before, after, strict=True)]
    assert all(different) or not any(different)
    return all(different)


def fitted(model, schedule, epochs=4, **arguments):
    watch = Watch()
    callbacks = [watch, training.SharingSchedule(schedule)]
    model.fit(
        INPUTS,
        TARGETS,
        epochs=epochs,
        callbacks=callbacks,
        verbose=0,
        shuffle=False,
        **arguments,
    )
    return watch


@pytest.mark.parametrize("balancing", [None, "uncertainty", "pcgrad"])
def test_parts_are_frozen_and_unfrozen_inside_of_fit(balancing):
    """Statistics of normalization too: all or none of the weights change."""
    watch = fitted(built(balancing=balancing), SCHEDULE)
    assert watch.changed("table_encoder") == [False, False, True, False]
    assert watch.changed("kind_head") == [True, False, False, False]
    assert watch.changed("price_head") == [True, True, True, True]


def test_it_takes_effect_in_eager_steps_too():
    model = built()
    model.run_eagerly = True
    watch = fitted(model, SCHEDULE)
    assert watch.changed("table_encoder") == [False, False, True, False]


def test_the_step_is_that_of_keras_with_a_frozen_layer():
    found, expected = built(), built()
    fitted(found, {"table_encoder": {0: False}}, epochs=2)
    expected.get_layer("table_encoder").trainable = False
    expected.compile("adam")
    expected.fit(INPUTS, TARGETS, epochs=2, verbose=0, shuffle=False)
    for layer in expected.layers:
        pairs = zip(
            found.get_layer(layer.name).get_weights(),
            layer.get_weights(),
            strict=True,
        )
        for weight, other in pairs:
            np.testing.assert_allclose(weight, other, atol=1e-6)


def test_moments_are_kept_while_frozen():
    model = built()
    model.fit(INPUTS, TARGETS, epochs=2, verbose=0)
    encoder = model.get_layer("table_encoder")
    paths = {w.path.replace("/", "_") for w in encoder.trainable_weights}

    def moments():
        return {
            v.path: v.numpy()
            for v in model.optimizer.variables
            if any(path in v.path for path in paths)
        }

    before = moments()
    assert len(before) == 2 * len(paths)
    fitted(model, {"table_encoder": {0: False}}, epochs=2)
    for path, value in moments().items():
        np.testing.assert_array_equal(value, before[path])
    fitted(model, {"table_encoder": {0: True}}, epochs=1)
    assert any(np.any(v != before[path]) for path, v in moments().items())


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_an_interrupted_training_goes_on_as_it_was(stop, tmp_path):
    """From a `.keras` file saved in an epoch with frozen parts."""
    whole = built()
    fitted(whole, SCHEDULE)
    first = built()
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    first.fit(
        INPUTS,
        TARGETS,
        epochs=stop,
        callbacks=[checkpoint, training.SharingSchedule(SCHEDULE)],
        verbose=0,
        shuffle=False,
    )
    second = training.load_model(tmp_path / "model.keras")
    fitted(second, SCHEDULE, initial_epoch=stop)
    for found, expected in zip(
        second.get_weights(), whole.get_weights(), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_was_frozen_before_stays_so():
    model = built()
    encoder = model.get_layer("table_encoder")
    encoder.get_layer("stem").trainable = False
    model.compile("adam")
    kernel = encoder.get_layer("stem").get_weights()[0]
    fitted(model, {"table_encoder": {0: False, 1: True}}, epochs=2)
    assert not encoder.get_layer("stem").trainable
    assert encoder.get_layer("norm").trainable
    np.testing.assert_array_equal(
        encoder.get_layer("stem").get_weights()[0], kernel
    )


def test_the_model_is_whole_after_training():
    model = built()
    count = len(model.trainable_weights)
    fitted(model, SCHEDULE)
    assert len(model.trainable_weights) == count
    before = model.get_layer("table_encoder").get_weights()
    model.fit(INPUTS, TARGETS, verbose=0)
    assert np.any(
        model.get_layer("table_encoder").get_weights()[0] != before[0]
    )


def test_a_training_that_broke_off_leaves_nothing_frozen_for_the_next():
    class Break(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = built()
    schedule = training.SharingSchedule({"table_encoder": {0: False, 1: True}})
    with pytest.raises(KeyboardInterrupt):
        model.fit(INPUTS, TARGETS, verbose=0, callbacks=[schedule, Break()])
    watch = Watch()
    model.fit(INPUTS, TARGETS, epochs=2, verbose=0, callbacks=[watch, schedule])
    assert watch.changed("table_encoder") == [False, True]


def test_a_step_is_compiled_only_where_something_changes():
    model, made = built(), []
    make = model.make_train_function

    def counted(force=False):
        made.append(force)
        return make(force)

    model.make_train_function = counted
    fitted(model, {"table_encoder": {0: False, 3: True}}, epochs=5)
    # At the start, at epochs 0 and 3, and for what comes after.
    assert made == [False, True, True, True]


@pytest.mark.parametrize("name", ["table_encodr", "table", "stem"])
def test_an_unknown_layer_is_explained(name):
    with pytest.raises(
        ValueError, match=f"expects names.*table_encoder.*Received.*{name}.*See"
    ):
        fitted(built(), {name: {0: False}})


def test_a_layer_that_was_compiled_frozen_is_explained():
    model = built()
    model.get_layer("table_encoder").trainable = False
    model.compile("adam")
    with pytest.raises(ValueError, match=r"trained.*Received.*compile the"):
        fitted(model, {"table_encoder": {1: True}})


@pytest.mark.parametrize(
    "schedule",
    [
        ["table_encoder"],
        {"table_encoder": False},
        {"table_encoder": {-1: False}},
        {"table_encoder": {0: "frozen"}},
        {"table_encoder": {0.5: True}},
    ],
)
def test_a_malformed_schedule_is_explained(schedule):
    with pytest.raises(ValueError, match=r"expects a dict.*Received.*Pass for"):
        training.SharingSchedule(schedule)
