import json

import keras
import numpy as np
import pytest
from keras import ops

from mm_keras.losses import ClassCrossEntropy
from mm_keras.losses import PerExampleMean
from mm_keras.losses.per_example_mean import per_example

RNG = np.random.default_rng(0)
Y_TRUE = RNG.normal(size=(3, 4, 5, 2)).astype("float32")
Y_PRED = RNG.normal(size=(3, 4, 5, 2)).astype("float32")


def reload(loss):
    config = keras.saving.serialize_keras_object(loss)
    config = json.loads(json.dumps(config))
    return keras.saving.deserialize_keras_object(config)


def test_is_the_mean_over_everything_but_the_batch():
    loss = PerExampleMean(keras.losses.MeanSquaredError(), reduction="none")
    np.testing.assert_allclose(
        ops.convert_to_numpy(loss(Y_TRUE, Y_PRED)),
        np.mean((Y_TRUE - Y_PRED) ** 2, axis=(1, 2, 3)),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    "plain",
    [
        keras.losses.MeanAbsoluteError(),
        keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
        keras.losses.Huber(delta=0.3),
        keras.losses.CosineSimilarity(axis=1),
    ],
    ids=lambda loss: loss.name,
)
def test_without_weights_is_the_loss_of_keras_also_from_a_file(plain):
    y_true = (Y_TRUE > 0).astype("float32")
    expected = float(plain(y_true, Y_PRED))
    loss = PerExampleMean(plain)
    assert float(loss(y_true, Y_PRED)) == pytest.approx(expected, rel=1e-5)
    value = float(reload(loss)(y_true, Y_PRED))
    assert value == pytest.approx(expected, rel=1e-5)


def test_keras_forgets_the_delta_of_huber_in_a_file():
    # |error| = 2: delta * (2 - delta / 2).
    y_true, y_pred = np.zeros((1, 1)), np.full((1, 1), 2.0)
    plain = reload(keras.losses.Huber(delta=0.5))
    assert float(plain(y_true, y_pred)) == 1.0 * (2 - 1.0 / 2)
    loss = reload(PerExampleMean(keras.losses.Huber(delta=0.5)))
    assert float(loss(y_true, y_pred)) == 0.5 * (2 - 0.5 / 2)


@pytest.mark.parametrize(
    "loss, name",
    [
        (PerExampleMean("mse"), "mean_squared_error"),
        (PerExampleMean(keras.losses.Huber(name="soft")), "soft"),
        (PerExampleMean(keras.losses.Huber(), name="mine"), "mine"),
    ],
)
def test_has_the_name_of_its_loss_unless_given_one(loss, name):
    assert loss.name == name == reload(loss).name


def test_one_number_for_the_whole_batch_is_refused():
    loss = PerExampleMean(keras.losses.Dice())
    with pytest.raises(ValueError, match="one value.*Received.*'dice'.*axis"):
        loss(Y_TRUE, Y_PRED)
    kept = PerExampleMean(keras.losses.Dice(axis=(1, 2, 3)), reduction="none")
    assert kept(Y_TRUE, Y_PRED).shape == (3,)


def test_no_loss_is_explained():
    with pytest.raises(ValueError, match="`loss`.*Received: loss=None.*Pass"):
        PerExampleMean(None)


def test_a_loss_of_keras_keeps_its_reduction_when_wrapped():
    wrapped = per_example(keras.losses.MeanSquaredError(reduction="sum"))
    assert isinstance(wrapped, PerExampleMean) and wrapped.reduction == "sum"
    own = ClassCrossEntropy(3)
    assert per_example(own) is own
