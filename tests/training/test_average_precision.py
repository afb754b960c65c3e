import types

import keras
import numpy as np
import pytest

from mm_keras import detection
from mm_keras.detection import layout
from mm_keras.training import average_precision

BOX = [0.1, 0.1, 0.5, 0.5]
# Channels of a head that sees BOX of class 1, and of one that sees nothing.
SEES = [*BOX, 9.0, 4, 4, 8, -9.0, 9.0]
BLIND = [*BOX, 9.0, 4, 4, 8, -9.0, -9.0]


def task(name, kind="boxes"):
    return types.SimpleNamespace(
        name=name,
        target=types.SimpleNamespace(kind=kind, num_classes=2),
        make_decode=detection.DetectionDecoder,
    )


def make_model(*tasks):
    raw = keras.Input((1, layout.NUM_BOX_CHANNELS + 2), name="raw")
    outputs = {t.name: keras.layers.Identity(name=t.name)(raw) for t in tasks}
    model = keras.Model({"raw": raw}, outputs)
    model.tasks = tasks
    return model


def batch(*rows, task="digits", weight=None):
    """Rows of raw output and whether the picture has the object."""
    raw = np.array([[r] for r, _ in rows], "float32")
    truth = [[[*BOX, 1]] if has else [[-1] * 5] for _, has in rows]
    data = ({"raw": raw}, {task: np.array(truth, "float32")})
    return data if weight is None else (*data, {task: np.array(weight)})


def test_scores_the_whole_data_set_not_each_batch():
    model = make_model(task("digits"))
    # Two objects found, one overlooked; pictures come in two batches.
    dataset = [batch((SEES, True), (SEES, True)), batch((BLIND, True))]
    scores = average_precision.evaluate_detection(model, dataset)
    assert sorted(scores) == ["digits_ap", "digits_ap50", "digits_ap75"]
    # COCO takes precision at 101 recalls, of which 67 are at most 2 / 3.
    np.testing.assert_allclose(scores["digits_ap"], 67 / 101)


def test_picture_without_objects_counts_what_is_found_there():
    model = make_model(task("digits"))
    dataset = [batch((SEES, False), (SEES, True))]
    scores = average_precision.evaluate_detection(model, dataset)
    np.testing.assert_allclose(scores["digits_ap"], 0.5)


def test_rows_without_label_are_left_out():
    model = make_model(task("digits"))
    rows = (SEES, False), (SEES, True), (BLIND, True)
    dataset = [batch(*rows, weight=[0.0, 1.0, 0.0])]
    scores = average_precision.evaluate_detection(model, dataset)
    assert scores["digits_ap"] == 1


def test_batch_without_the_task_is_left_out():
    model = make_model(task("digits"))
    inputs, _ = batch((SEES, True))
    dataset = [(inputs, {}), batch((SEES, True))]
    scores = average_precision.evaluate_detection(model, dataset)
    assert scores["digits_ap"] == 1


def test_no_object_at_all_has_no_precision():
    model = make_model(task("digits"))
    for dataset in [[], [batch((SEES, False))]]:
        scores = average_precision.evaluate_detection(model, dataset)
        assert all(np.isnan(value) for value in scores.values())


def test_each_detection_task_is_measured_unless_one_is_named():
    tasks = task("digits"), task("faces"), task("count", "number")
    model = make_model(*tasks)
    inputs, targets = batch((SEES, True))
    _, faces = batch((SEES, False), task="faces")
    dataset = [(inputs, {**targets, **faces, "count": np.ones((1, 1))})]
    both = average_precision.evaluate_detection(model, dataset)
    assert both["digits_ap"] == 1
    assert np.isnan(both["faces_ap"])
    assert "count_ap" not in both
    one = average_precision.evaluate_detection(model, dataset, task="digits")
    assert all(name.startswith("digits_") for name in one)


def test_model_that_detects_nothing_is_explained():
    model = make_model(task("count", "number"))
    with pytest.raises(ValueError, match=r"needs.*Received.*count.*Pass"):
        average_precision.evaluate_detection(model, [])
    with pytest.raises(ValueError, match=r"named 'faces'.*Received.*digits"):
        average_precision.evaluate_detection(
            make_model(task("digits")), [], task="faces"
        )


class Trainable(keras.layers.Layer):
    """Shifts the class logits, from blind on, to see after one step."""

    def build(self, shape):
        self.shift = self.add_weight(shape=(), initializer="zeros")

    def call(self, raw):
        return raw + self.shift * np.array([0.0] * 9 + [1.0], "float32")


def test_callback_adds_to_the_logs_that_later_callbacks_read():
    raw = keras.Input((1, 10), name="raw")
    layer = Trainable()
    model = keras.Model({"raw": raw}, {"digits": layer(raw)})
    model.tasks = (task("digits"),)
    model.compile("sgd", loss={"digits": "mse"})
    seen = []
    spy = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: layer.shift.assign(18.0 * epoch),
        on_epoch_end=lambda epoch, logs: seen.append(dict(logs)),
    )
    data = batch((BLIND, True))
    callback = average_precision.AveragePrecision([data])
    x, y = data[0], {"digits": np.zeros((1, 1, 10))}
    # The shift of the first epoch is small, that of the second 18.
    model.optimizer.learning_rate = 0.0
    history = model.fit(x, y, epochs=2, verbose=0, callbacks=[callback, spy])
    assert history.history["val_digits_ap"] == [0.0, 1.0]
    assert history.history["val_digits_ap50"] == [0.0, 1.0]
    assert [logs["val_digits_ap"] for logs in seen] == [0.0, 1.0]


def test_callback_says_that_it_writes_logs():
    assert average_precision.AveragePrecision.writes_logs


def test_predicts_through_one_compiled_function():
    traces = []

    class Counting(keras.layers.Layer):
        def call(self, x):
            traces.append(1)
            return x + 0.0

    raw = keras.Input((1, 10), name="raw")
    model = keras.Model({"raw": raw}, {"digits": Counting()(raw)})
    model.tasks = (task("digits"),)
    detector = average_precision.build_detector(model)
    data = [batch((SEES, True), (SEES, True))] * 20
    average_precision.evaluate_detector(detector, data)
    before = len(traces)
    average_precision.evaluate_detector(detector, data)
    assert len(traces) == before < 8
