import keras
from keras import ops

from mm_keras.losses.points_loss import is_visible


@keras.saving.register_keras_serializable(package="mm_keras")
class PointMetric(keras.metrics.Mean):
    """Base of the measures of points: a mean over all visible points.

    Points whose true place is NaN do not count; those of an example count with
    its weight. Subclasses implement `of_points(distances)`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Shows a batch of points to the metric.

        Args:
            y_true: True points, y and x, relative, `(batch, points, 2)`.
            y_pred: Predicted points, of the same shape; or a dictionary, of
                which they are `"points"`.
            sample_weight: Weights of shape `(batch,)`.
        """
        points = y_pred["points"] if isinstance(y_pred, dict) else y_pred
        true = ops.cast(y_true, self.dtype)
        visible = is_visible(true)
        difference = ops.where(
            visible[..., None], ops.cast(points, self.dtype) - true, 0.0
        )
        distances = ops.sqrt(ops.sum(difference**2, axis=-1))
        weight = ops.cast(visible, self.dtype)
        if sample_weight is not None:
            rows = ops.cast(sample_weight, self.dtype)
            weight *= ops.reshape(rows, (-1, 1))
        super().update_state(self.of_points(distances), weight)

    def of_points(self, distances):
        """Returns the value of each point, given how far off it is."""
        raise NotImplementedError
