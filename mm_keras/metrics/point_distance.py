import keras

from mm_keras.metrics.point_metric import PointMetric


@keras.saving.register_keras_serializable(package="mm_keras")
class PointDistance(PointMetric):
    """Mean distance of predicted points from the true ones that are visible.

    Heights count as shares of the height of the picture, widths as shares of
    its width: `sqrt((y - y')**2 + (x - x')**2)` on relative coordinates.

    Args:
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Example:

    >>> metric = mm_keras.metrics.PointDistance()
    >>> true = np.array([[[0.5, 0.5], [np.nan, np.nan]]])
    >>> metric.update_state(true, np.array([[[0.2, 0.1], [0.9, 0.9]]]))
    >>> float(metric.result())  # sqrt(0.09 + 0.16)
    0.5
    """

    def __init__(self, *, name="distance", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_points(self, distances):
        return distances
