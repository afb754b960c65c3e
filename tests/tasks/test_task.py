import dataclasses

import keras
import numpy as np
import pytest

from mm_keras import tasks
from mm_keras.losses import PerExampleMean
from mm_keras.tasks import Target
from mm_keras.tasks import Task


def task(**changes):
    parts = {
        "name": "angle",
        "target": Target("number", (2,)),
        "head": keras.layers.Dense(2, dtype="float32", name="dense"),
        "loss": keras.losses.Huber(delta=0.5),
        "metrics": [keras.metrics.MeanAbsoluteError(name="mae")],
        "decode": keras.layers.Activation("tanh"),
    }
    return Task(**{**parts, **changes})


@keras.saving.register_keras_serializable(package=__name__)
class Doubled(keras.layers.Layer):
    """A decoding of one's own, registered as it has to be."""

    def call(self, x):
        return 2 * x


class Unregistered(keras.layers.Layer):
    pass


def test_parts_are_configurations_and_not_live_objects():
    layer = keras.layers.Dense(2)
    declared = task(head=layer)
    layer.units = 7
    assert isinstance(declared.head, dict)
    assert declared.make_head().units == 2


def test_parts_are_named_after_the_task():
    assert task().make_head().name == "angle_head"
    assert task().make_decode().name == "angle_decode"
    assert task().make_head("other").name == "other"


def test_what_is_not_decoded_has_no_decoding():
    assert task(decode=None).make_decode() is None


def test_own_registered_layer_is_taken():
    decode = task(decode=Doubled()).make_decode()
    assert float(decode(np.ones(()))) == 2.0


def test_loss_gives_one_value_per_example():
    loss = task().make_loss()
    assert isinstance(loss, PerExampleMean)
    assert loss.name == "huber_loss"
    # |error| = 2 in both columns: 0.5 * (2 - 0.5 / 2).
    value = loss(np.zeros((1, 2)), np.full((1, 2), 2.0))
    assert float(value) == pytest.approx(0.5 * 1.75)


def test_loss_from_a_plain_configuration_gives_one_value_per_example():
    config = keras.saving.serialize_keras_object(
        keras.losses.MeanSquaredError()
    )
    assert isinstance(task(loss=config).make_loss(), PerExampleMean)


def test_loss_may_be_named():
    loss = task(loss="mse").make_loss()
    value = loss(np.zeros((2, 2)), np.array([[1.0, 3.0], [9.0, 9.0]]), [1, 0])
    assert float(value) == (1 + 9) / 2


def test_metrics_do_not_share_their_state():
    declared = task()
    (one,), (two,) = declared.make_metrics(), declared.make_metrics()
    one.update_state(np.zeros((1, 2)), np.ones((1, 2)))
    assert float(one.result()) == 1.0 and float(two.result()) == 0.0


def test_task_cannot_be_changed_but_replaced():
    declared = task()
    with pytest.raises(dataclasses.FrozenInstanceError):
        declared.weight = 2.0
    heavier = dataclasses.replace(declared, weight=2.0)
    assert (heavier.weight, declared.weight) == (2.0, 1.0)
    assert heavier.make_loss().loss.get_config()["name"] == "huber_loss"


def test_tasks_are_equal_only_to_themselves():
    one, two = task(), task()
    assert one != two and len({one, two}) == 2


PARTS = r"`{0}` of task 'angle'.*registered.*Received.*Subclass"


@pytest.mark.parametrize(
    "part",
    [
        lambda x: x,
        np.tanh,
        keras.activations.relu,
        keras.layers.Dense,
        keras.layers.Lambda(lambda x: x),
        Unregistered(),
        "dense",
    ],
    ids=lambda part: getattr(part, "__name__", str(part)),
)
def test_part_that_cannot_be_loaded_is_refused_at_once(part):
    for field in ("head", "decode"):
        with pytest.raises(ValueError, match=PARTS.format(field)):
            task(**{field: part})


@pytest.mark.parametrize("metric", ["mae", keras.metrics.mean_squared_error])
def test_metric_that_cannot_be_loaded_is_refused_at_once(metric):
    with pytest.raises(ValueError, match=PARTS.format("metrics")):
        task(metrics=[metric])


@pytest.mark.parametrize("metrics", ["mae", keras.metrics.MeanSquaredError()])
def test_single_metric_is_explained(metrics):
    with pytest.raises(ValueError, match="`metrics`.*list.*Received.*brackets"):
        task(metrics=metrics)


def test_loss_that_is_a_function_is_refused_at_once():
    with pytest.raises(ValueError, match=PARTS.format("loss")):
        task(loss=keras.losses.mean_squared_error)


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_wrong_weight_is_explained(weight):
    with pytest.raises(ValueError, match="'angle'.*at least 0.*Received.*Use"):
        task(weight=weight)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "1st", None, 3])
def test_name_that_cannot_name_a_layer_is_explained(name):
    with pytest.raises(ValueError, match="name.*expects.*Received.*becomes"):
        task(name=name)


class TestTarget:
    def test_shape_from_a_file_is_a_tuple(self):
        target = Target("boxes", [4, 5], "float32", 10, "things", -1)
        twin = Target.from_config(target.get_config())
        assert twin == target and twin.shape == (4, 5)

    def test_unknown_kind_is_explained(self):
        with pytest.raises(ValueError, match="`kind`.*Received.*Choose"):
            Target("image")


class TestCompileArgs:
    def test_are_keyed_by_task(self):
        both = [task(), tasks.classification("kind", 3, weight=2.0)]
        arguments = tasks.compile_args(both)
        assert arguments["loss_weights"] == {"angle": 1.0, "kind": 2.0}
        assert arguments["loss"]["kind"].name == (
            "sparse_categorical_crossentropy"
        )
        names = {
            name: [metric.name for metric in metrics]
            for name, metrics in arguments["weighted_metrics"].items()
        }
        assert names == {"angle": ["mae"], "kind": ["accuracy"]}

    def test_metrics_decode_for_themselves(self):
        (metric,) = tasks.compile_args([task()])["weighted_metrics"]["angle"]
        metric.update_state(np.ones((1, 2)), np.full((1, 2), 50.0))
        assert float(metric.result()) == 0.0  # tanh(50) = 1

    def test_missing_labels_reach_nothing(self):
        arguments = tasks.compile_args([task()])
        table = keras.Input((3,))
        model = keras.Model(table, {"angle": task().make_head()(table)})
        model.compile("sgd", **arguments)
        labels = {"angle": np.array([[np.nan] * 2, [1.0, 2.0]])}
        weights = {"angle": np.array([0.0, 1.0])}
        logs = model.fit(
            np.ones((2, 3)), labels, sample_weight=weights, verbose=0
        ).history
        assert np.isfinite([values[0] for values in logs.values()]).all()
