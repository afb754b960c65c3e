import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class TokenAccuracy(keras.metrics.Mean):
    """Share of the tokens whose class was found, over those that have one.

    Tokens of class -1, such as padding, do not count; those of an example
    count with its weight.

    Args:
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Call arguments of `update_state`:
        y_true: Class ids, `(batch, length)`; -1 for tokens without a class.
        y_pred: Predicted class ids, of the same shape.
        sample_weight: Weights of shape `(batch,)`.

    Example:

    >>> metric = mm_keras.metrics.TokenAccuracy()
    >>> metric.update_state(np.array([[3, 1, -1]]), np.array([[3, 2, 0]]))
    >>> float(metric.result())
    0.5
    """

    def __init__(self, *, name="accuracy", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = ops.cast(y_true, "int32")
        found = ops.equal(true, ops.cast(y_pred, "int32"))
        weight = ops.cast(true >= 0, self.dtype)
        if sample_weight is not None:
            rows = ops.cast(sample_weight, self.dtype)
            weight *= ops.reshape(rows, (-1, 1))
        super().update_state(ops.cast(found, self.dtype), weight)
