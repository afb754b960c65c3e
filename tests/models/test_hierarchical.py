import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks
from mm_keras.balancing import GradientBalancing
from mm_keras.balancing import PCGrad

RNG = np.random.default_rng(0)


@keras.saving.register_keras_serializable(package="test_hierarchical")
class Sum(GradientBalancing):
    """Adds the gradients of all tasks."""

    def build(self, gradients_shape, losses_shape=None):
        pass

    def call(self, gradients, losses=None):
        return keras.ops.sum(gradients, axis=0)


def table(units=(8,)):
    return {"table": encoders.mlp(4, units=units)}


def three_tasks():
    return [
        tasks.regression("price"),
        tasks.classification("kind", 3),
        tasks.multi_label("tags", 2),
    ]


def rows(count=8):
    return {"table": RNG.normal(size=(count, 4)).astype("float32")}


def edges(model, names):
    """Which predictions and features each task reads."""
    return {
        name: sorted(
            source
            for source in model.get_layer(f"{name}_features").parts[""][0]
            if source != "features"
        )
        for name in names
    }


def every_kind():
    """Encoders and a task of each kind that a later one can read."""
    given = {
        "image": encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6),
        "table": encoders.mlp(4, (5,)),
        "text": encoders.lstm(9, 4, units=5, embedding_dim=3),
    }
    read = [
        tasks.alignment("match", ("image", "table"), units=4),
        tasks.classification("kind", 3),
        tasks.tagging("part", 3, max_tokens=4),
        tasks.localization("place"),
        tasks.detection("things", 2, channels=4, depth=1, levels=("P2",)),
        tasks.depth("depth", channels=4),
        tasks.segmentation("mask", 3, channels=4),
        tasks.regression("price"),
        tasks.multi_label("tags", 3, view="pyramid"),
        tasks.tagging("name", 2, max_tokens=4),
        tasks.alignment("pair", ("image", "table"), units=4),
    ]
    batch = {
        "image": RNG.uniform(0, 255, (2, 16, 16, 3)).astype("float32"),
        "table": RNG.normal(size=(2, 4)).astype("float32"),
        "text": np.array([[1, 2, 3, 4], [5, 0, 0, 0]]),
    }
    return given, read, batch


def test_it_begins_as_hard_sharing_whatever_the_tasks():
    given, read, batch = every_kind()
    model = models.hierarchical(given, read)
    shared = models.hard_sharing(given, read)
    for task in read:
        name = f"{task.name}_head"
        shared.get_layer(name).set_weights(model.get_layer(name).get_weights())
    found, expected = model(batch), shared(batch)
    assert list(found) == [task.name for task in read]
    for task in found:
        np.testing.assert_allclose(found[task], expected[task], atol=1e-5)


def test_a_later_task_is_the_formula_of_an_earlier_one():
    keras.utils.set_random_seed(1)
    two = [tasks.classification("kind", 3), tasks.regression("price")]
    model = models.hierarchical(table(), two, hidden_units=5)
    model.set_weights(
        [
            RNG.normal(size=w.shape).astype("float32")
            for w in model.get_weights()
        ]
    )
    x = rows(3)
    weights = {w.path: np.asarray(w) for w in model.weights}

    def dense(vector, name):
        kernel = next(
            w for p, w in weights.items() if p.endswith(f"{name}/kernel")
        )
        bias = [w for p, w in weights.items() if p.endswith(f"{name}/bias")]
        return vector @ kernel + (bias[0] if bias else 0)

    def corrected(shared, task, read):
        hidden = dense(shared, f"{task}_features/features")
        for source, vector in read.items():
            hidden = hidden + dense(vector, f"{task}_features/{source}")
        return shared + dense(
            np.maximum(hidden, 0), f"{task}_features/correction"
        )

    shared = np.maximum(dense(x["table"], "stage1"), 0)
    kind = corrected(shared, "kind", {})
    logits = dense(kind, "kind_head/logits")
    exponents = np.exp(logits - logits.max(-1, keepdims=True))
    probabilities = exponents / exponents.sum(-1, keepdims=True)
    read = {"kind_features": kind, "kind_prediction": probabilities}
    price = dense(corrected(shared, "price", read), "price_head/logits")
    outputs = model(x)
    np.testing.assert_allclose(outputs["kind"], logits, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(outputs["price"], price, rtol=1e-3, atol=1e-3)


def test_by_default_a_task_reads_all_before_it():
    model = models.hierarchical(table(), three_tasks())
    assert edges(model, ["price", "kind", "tags"]) == {
        "price": [],
        "kind": ["price_features", "price_prediction"],
        "tags": [
            "kind_features",
            "kind_prediction",
            "price_features",
            "price_prediction",
        ],
    }


def test_an_order_says_who_reads_whom_whatever_the_list():
    order = {"price": ["tags"], "tags": ("kind",)}
    model = models.hierarchical(table(), three_tasks(), order=order)
    assert edges(model, ["price", "kind", "tags"]) == {
        "price": ["tags_features", "tags_prediction"],
        "kind": [],
        "tags": ["kind_features", "kind_prediction"],
    }
    assert list(model.output) == ["price", "kind", "tags"]


@pytest.mark.parametrize("stopped", [True, False])
def test_a_later_task_trains_the_earlier_head_only_if_allowed(stopped):
    two = [tasks.classification("kind", 3), tasks.regression("price")]
    model = models.hierarchical(
        table(), two, stop_gradient=stopped, optimizer="sgd"
    )
    writer = model.get_layer("price_features").parts[""][1]
    writer.kernel.assign(keras.ops.ones_like(writer.kernel))
    reader = model.get_layer("price_features").parts[""][0]["features"]
    reader.bias.assign(keras.ops.ones_like(reader.bias))
    before = model.get_layer("kind_head").get_weights()
    targets = {"kind": np.zeros(8, int), "price": 9 * np.ones((8, 1))}
    weights = {"kind": np.zeros(8), "price": np.ones(8)}
    model.train_on_batch(rows(), targets, weights)
    after = model.get_layer("kind_head").get_weights()
    assert np.any(after[0] != before[0]) != stopped


def test_a_later_task_learns_what_only_the_earlier_prediction_tells():
    keras.utils.set_random_seed(3)
    x = rows(64)
    kind = np.argmax(x["table"][:, :3], axis=1)
    price = np.array([[-2.0], [0.0], [2.0]])[kind]
    two = [tasks.classification("kind", 3), tasks.regression("price")]
    model = models.hierarchical(
        table((16,)), two, optimizer=keras.optimizers.Adam(0.02)
    )
    before = model.get_layer("price_features").get_weights()
    history = model.fit(
        x, {"kind": kind, "price": price}, epochs=40, verbose=0
    ).history
    assert history["price_loss"][-1] < history["price_loss"][0] / 5
    assert history["kind_loss"][-1] < history["kind_loss"][0] / 2
    after = model.get_layer("price_features").get_weights()
    for new, old in zip(after, before, strict=True):
        assert np.any(new != old)


@pytest.mark.parametrize(
    "balancing", ["uncertainty", "pcgrad", PCGrad(level="features")]
)
def test_it_trains_with_every_kind_of_strategy(balancing):
    model = models.hierarchical(table(), three_tasks(), balancing=balancing)
    targets = {
        "price": np.ones((8, 1)),
        "kind": np.arange(8) % 3,
        "tags": np.eye(2)[np.arange(8) % 2],
    }
    x = rows()
    losses = [model.train_on_batch(x, targets) for _ in range(30)]
    first, last = np.ravel(losses[0])[0], np.ravel(losses[-1])[0]
    assert last < first


def test_gradients_of_features_are_those_of_the_weighted_sum():
    """A strategy that adds gradients changes nothing, whoever reads whom."""
    x, results = rows(), {}
    targets = {
        "price": np.ones((8, 1)),
        "kind": np.arange(8) % 3,
        "tags": np.eye(2)[np.arange(8) % 2],
    }
    encoder = table()
    start = None
    for balancing in (None, Sum(level="features"), Sum(level="parameters")):
        model = models.hierarchical(
            {"table": encoders.copy(encoder["table"], "twin")},
            three_tasks(),
            balancing=balancing,
            stop_gradient=False,
            optimizer=keras.optimizers.SGD(0.1),
        )
        names = [w.path for w in model.trainable_weights]
        start = start or [
            RNG.normal(size=w.shape) for w in model.trainable_weights
        ]
        for weight, value in zip(model.trainable_weights, start, strict=True):
            weight.assign(value)
        model.train_on_batch(x, targets)
        results[balancing] = [np.asarray(w) for w in model.trainable_weights]
    expected, *others = results.values()
    for found in others:
        for name, one, other in zip(names, found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4, err_msg=name)


def test_optional_modalities_stay_optional():
    given = {"table": encoders.optional(table()["table"])}
    model = models.hierarchical(given, three_tasks())
    x = {**rows(), "table_present": np.zeros(8, "float32")}
    absent = np.asarray(model(x)["tags"])
    np.testing.assert_allclose(absent, absent[:1].repeat(8, 0), atol=1e-6)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"kind": ["tags"], "tags": ["kind"]}, r"earlier.*cycle, .*kind.*Let"),
        ({"kind": ["kind"]}, r"earlier.*Received: a cycle, kind <- kind.*Let"),
        ({"kind": ["size"]}, r"expects names.*Received: \['size'\].*Add"),
        ({"size": ["kind"]}, r"expects names.*Received: \['size'\].*Add"),
        ({"kind": "price"}, r"expects a dictionary.*Received: .*Pass"),
        (["kind", "price"], r"expects a dictionary.*Received: .*Pass"),
    ],
)
def test_a_wrong_order_is_explained(order, message):
    with pytest.raises(ValueError, match=message):
        models.hierarchical(table(), three_tasks(), order=order)


def test_a_single_task_is_explained():
    with pytest.raises(ValueError, match=r"at least two.*Received.*Add"):
        models.hierarchical(table(), [tasks.regression("price")])
