import keras
from keras import ops

from mm_keras.losses.scale_invariant_log import known_depth


@keras.saving.register_keras_serializable(package="mm_keras")
class DepthMetric(keras.metrics.Mean):
    """Base of the measures of depth: a mean over all pixels of known depth.

    Pixels of depth 0, NaN or infinity are unknown and do not count; those of
    an example count with its weight. Subclasses implement
    `of_pixels(true, predicted)`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Shows a batch of depths in the unit of the labels.

        Args:
            y_true: True depth, `(batch, height, width, 1)`.
            y_pred: Predicted depth, of the same shape.
            sample_weight: Weights of shape `(batch,)`.
        """
        shape = (ops.shape(y_true)[0], -1)
        true, known = known_depth(ops.cast(y_true, self.dtype))
        predicted = ops.where(known, ops.cast(y_pred, self.dtype), true)
        weight = ops.reshape(ops.cast(known, self.dtype), shape)
        if sample_weight is not None:
            rows = ops.cast(sample_weight, self.dtype)
            weight *= ops.reshape(rows, (-1, 1))
        values = self.of_pixels(true, predicted)
        super().update_state(ops.reshape(values, shape), weight)

    def of_pixels(self, true, predicted):
        """Returns the value of each pixel; both depths are known."""
        raise NotImplementedError
