import keras
from keras import ops

from mm_keras.metrics.point_metric import PointMetric


@keras.saving.register_keras_serializable(package="mm_keras")
class PointAccuracy(PointMetric):
    """Share of the visible points that are found within some distance.

    The percentage of correct keypoints, with distances relative to the
    picture, see `mm_keras.metrics.PointDistance`.

    Args:
        threshold: Distance up to which a point counts as found, above 0.
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Example:

    >>> metric = mm_keras.metrics.PointAccuracy(threshold=0.1)
    >>> true = np.array([[[0.5, 0.5], [0.3, 0.3]]])
    >>> metric.update_state(true, np.array([[[0.5, 0.55], [0.3, 0.9]]]))
    >>> float(metric.result())
    0.5
    """

    def __init__(self, threshold=0.05, *, name="pck", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold

    def of_points(self, distances):
        return ops.cast(distances <= self.threshold, distances.dtype)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}
