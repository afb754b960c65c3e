import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class PerExampleLoss(keras.losses.Loss):
    """Base of the losses: one value per example, unlabelled rows left out.

    Keras multiplies a loss by its sample weight, so a missing label (NaN) of
    weight 0 still gives NaN, and weights of shape `(batch,)` are broadcast
    along the wrong axis of a loss of shape `(batch, height, width)`. Here a
    loss has shape `(batch,)` whatever the rank of the output, and rows of
    weight 0 are replaced in targets and predictions before any arithmetic:
    neither their value nor their gradient can reach the others. (Data loaders
    fill missing labels too; batches of a user's own may not have been filled.)

    Subclasses implement `call(y_true, y_pred)`, which returns one value per
    example, of shape `(batch,)`, and may set `filler`, the harmless target
    that takes the place of a missing one.

    Args:
        reduction: As in `keras.losses.Loss`. Defaults to
            `"mean_with_sample_weight"`: the mean over the labelled rows,
            and 0 where there is none.
        name: Name of the loss.
        dtype: Dtype of the computation. Defaults to float32.

    Example:

    >>> class SquaredError(mm_keras.losses.PerExampleLoss):
    ...     def call(self, y_true, y_pred):
    ...         return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)
    >>> y_true, y_pred = np.array([[2.0], [np.nan]]), np.zeros((2, 1))
    >>> float(SquaredError()(y_true, y_pred, np.array([1.0, 0.0])))
    4.0
    """

    filler = 0.0

    def __init__(
        self,
        *,
        reduction="mean_with_sample_weight",
        name=None,
        dtype="float32",
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def __call__(self, y_true, y_pred, sample_weight=None):
        if sample_weight is not None:
            labelled = ops.cast(sample_weight, "float32") > 0
            y_true = keep_rows(labelled, y_true, self.filler)
            y_pred = keep_rows(labelled, y_pred, 0.0)
        return super().__call__(y_true, y_pred, sample_weight)

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


def keep_rows(labelled, values, filler):
    """Replaces the rows of `values` that are not `labelled` by `filler`."""
    values = ops.convert_to_tensor(values)
    rows = ops.reshape(labelled, (-1, *[1] * (len(values.shape) - 1)))
    return ops.where(rows, values, ops.cast(filler, values.dtype))
