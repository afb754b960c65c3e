"""`fit` looks at labels that are arrays, as `data.from_arrays` does."""

import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import models
from mm_keras import tasks
from mm_keras.training import fit_arguments

X = {"table": np.ones((4, 6), "float32")}
PRICES = np.array([[1.0], [2.0], [3.0], [4.0]], "float32")
TAGS = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], "float32")
KINDS = np.array([0, 1, 2, 0])


@pytest.fixture
def model():
    return models.hard_sharing(
        {"table": mm_keras.encoders.mlp(6, units=(4,))},
        [
            tasks.multi_label("tags", 2),
            tasks.regression("price"),
            tasks.classification("kind", 3),
        ],
    )


@pytest.mark.parametrize(
    ("task", "labels", "complaint"),
    [
        ("kind", KINDS + 1, r"kind.*0 to 2.*Received: 3 in row 2"),
        ("price", np.repeat(PRICES, 3, axis=1), r"price.*\(4, 1\).*\(4, 3\)"),
        ("price", PRICES * np.inf, r"price.*finite.*Received.*inf"),
        ("tags", TAGS + 1, r"tags.*0 or 1.*Received: 2"),
    ],
)
def test_impossible_label_raises_and_costs_nothing(
    model, task, labels, complaint
):
    before = model.get_weights()
    labels = labels.copy()
    with pytest.raises(ValueError, match=complaint):
        model.fit(X, {task: labels}, verbose=0)
    with pytest.raises(ValueError, match=complaint):
        model.evaluate(X, {task: labels}, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_missing_labels_are_left_out_without_a_word(model):
    y = {"price": PRICES.copy(), "kind": KINDS.copy()}
    y["price"][1:], y["kind"][0] = np.nan, -1
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    found = model.predict(X, verbose=0)
    # One labelled price, of 1.
    error = abs(float(found["price"][0, 0]) - 1.0)
    assert logs["price_mae"] == pytest.approx(error, rel=1e-5)
    assert np.isfinite(logs["loss"])


def test_validation_data_is_looked_at_too(model):
    y = {"price": PRICES}
    missing = {"price": np.full_like(PRICES, np.nan)}
    missing["price"][0] = 2.0
    history = model.fit(X, y, validation_data=(X, missing), verbose=0).history
    assert np.isfinite(history["val_price_loss"][0])
    with pytest.raises(ValueError, match="kind.*Received"):
        model.fit(X, y, validation_data=(X, {"kind": KINDS + 1}), verbose=0)


def test_class_ids_may_have_an_axis_of_their_own(model):
    # As those of `keras.datasets.cifar10`.
    for kinds in (KINDS, KINDS[:, None]):
        logs = model.evaluate(X, {"kind": kinds}, verbose=0, return_dict=True)
    flat = model.evaluate(X, {"kind": KINDS}, verbose=0, return_dict=True)
    assert logs == flat


def test_complete_labels_are_not_copied():
    masks = np.zeros((3, 4, 4, 1), "uint8")
    task = tasks.segmentation("mask", 2)
    values, weight = fit_arguments.checked(task, masks, np.ones(3))
    assert values is masks
    np.testing.assert_array_equal(weight, 1)


def test_validation_labels_are_looked_at_once(model, monkeypatch):
    looked_at = []
    check = fit_arguments.check_labels
    monkeypatch.setattr(
        fit_arguments,
        "check_labels",
        lambda task, values: (looked_at.append(task.name), check(task, values)),
    )
    y = {"price": PRICES}
    model.fit(X, y, validation_data=(X, y), epochs=3, verbose=0)
    assert looked_at == ["price", "price"]


def test_weights_are_completed_for_tensors_too(model):
    y = {"price": keras.ops.array(PRICES), "kind": keras.ops.array(KINDS)}
    weights = {"price": np.array([1.0, 0.0, 0.0, 0.0])}
    logs = model.fit(X, y, sample_weight=weights, verbose=0).history
    assert np.isfinite(logs["kind_loss"][0])


def test_label_of_weight_zero_may_be_anything(model):
    y, weights = {"kind": KINDS + 1}, {"kind": np.array([1.0, 1.0, 0.0, 1.0])}
    assert np.isfinite(
        model.fit(X, y, sample_weight=weights, verbose=0).history["loss"][0]
    )


def test_labels_of_a_loss_of_ones_own_pass_as_they_are(model):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss={"kind": loss}, metrics={"kind": []})
    logs = model.fit(X, {"kind": np.eye(3)[KINDS]}, verbose=0)
    assert np.isfinite(logs.history["kind_loss"][0])


def test_what_complete_labels_give_is_what_keras_gives(model):
    weighted = model.evaluate(
        X,
        {"price": PRICES},
        sample_weight={"price": np.ones(4)},
        verbose=0,
        return_dict=True,
    )
    plain = model.evaluate(X, {"price": PRICES}, verbose=0, return_dict=True)
    assert weighted["price_loss"] == pytest.approx(plain["price_loss"])


class TestMetricsWithoutLabels:
    """F1Score of Keras makes its state at its first batch."""

    def test_a_task_that_was_never_labelled_has_a_result(self, model):
        assert np.isfinite(
            model.fit(X, {"price": PRICES}, verbose=0).history["loss"][0]
        )
        logs = model.evaluate(X, {"price": PRICES}, return_dict=True, verbose=0)
        assert logs["tags_f1"] == 0

    def test_labels_may_come_later(self, model):
        model.fit(X, {"price": PRICES}, verbose=0)
        logs = model.fit(X, {"price": PRICES, "tags": TAGS}, verbose=0)
        assert "tags_f1" in logs.history

    def test_a_mistake_can_be_mended(self, model):
        with pytest.raises(ValueError, match="tags"):
            model.fit(X, {"tags": TAGS[:, :1]}, verbose=0)
        assert model.fit(X, {"tags": TAGS}, verbose=0).history["tags_loss"]
