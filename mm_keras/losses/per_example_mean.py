import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss

# What Keras 3.15 leaves out of a configuration: the loss that is loaded would
# be another one.
FORGOTTEN = {
    keras.losses.CosineSimilarity: "axis",
    keras.losses.Huber: "delta",
}


@keras.saving.register_keras_serializable(package="mm_keras")
class PerExampleMean(PerExampleLoss):
    """Reduces a Keras loss to one value per example.

    A loss of Keras gives one value per pixel for a mask and one per example
    for a class. This is their mean over everything but the batch:
    `mean_{h, w} loss(y_true, y_pred)[b, h, w]`.

    Args:
        loss: A `keras.losses.Loss` or a name such as `"mean_squared_error"`.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`. `name`
            defaults to that of the loss.

    Raises:
        ValueError: If `loss` is no loss of Keras, or gives one number for a
            whole batch.

    Example:

    >>> loss = mm_keras.losses.PerExampleMean(
    ...     keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> mask = np.array([[[1], [0]], [[2], [2]]])
    >>> logits = np.zeros((2, 2, 1, 4), "float32")
    >>> float(loss(mask[..., None], logits, sample_weight=np.array([1.0, 0.0])))
    1.3862943649291992
    """

    def __init__(self, loss, *, name=None, **kwargs):
        loss = keras.losses.get(loss)
        if not callable(loss):
            raise ValueError(
                "Argument `loss` of PerExampleMean expects a Keras loss or its "
                f"name. Received: loss={loss}. Pass for example "
                "`keras.losses.MeanSquaredError()`."
            )
        name = name or getattr(loss, "name", None) or loss.__name__
        super().__init__(name=name, **kwargs)
        self.loss = loss

    def call(self, y_true, y_pred):
        compute = getattr(self.loss, "call", self.loss)
        values = compute(y_true, y_pred)
        check_rows(self.name, values)
        return ops.mean(ops.reshape(values, (ops.shape(values)[0], -1)), axis=1)

    def get_config(self):
        return {"loss": serialize(self.loss), **super().get_config()}

    @classmethod
    def from_config(cls, config):
        loss = keras.saving.deserialize_keras_object(config["loss"])
        return cls(**{**config, "loss": loss})


def per_example(loss):
    """Returns a loss, or the loss of a name, as a `PerExampleLoss`.

    A loss of Keras keeps the reduction it was made with.
    """
    if isinstance(loss, PerExampleLoss):
        return loss
    reduction = getattr(loss, "reduction", "mean_with_sample_weight")
    return PerExampleMean(loss, reduction=reduction)


def serialize(loss):
    """Returns the whole configuration of a loss of Keras."""
    config = keras.saving.serialize_keras_object(loss)
    forgotten = FORGOTTEN.get(type(loss))
    if forgotten:
        config["config"][forgotten] = loss._fn_kwargs[forgotten]
    return config


def check_rows(name, values):
    """Refuses a loss that has already been reduced over the batch."""
    if len(values.shape) == 0:
        raise ValueError(
            "PerExampleMean expects a loss of one value per example or more. "
            f"Received: the loss {name!r}, which gives a single number. Keep "
            "the batch apart, as in `keras.losses.Dice(axis=(1, 2, 3))`."
        )
