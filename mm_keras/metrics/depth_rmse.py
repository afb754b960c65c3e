import keras
from keras import ops

from mm_keras.metrics.depth_metric import DepthMetric


@keras.saving.register_keras_serializable(package="mm_keras")
class DepthRMSE(DepthMetric):
    """Root of the mean squared error over all pixels of known depth.

    In the unit of the labels, such as metres.

    Args:
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Example:

    >>> metric = mm_keras.metrics.DepthRMSE()
    >>> true = np.array([2.0, 4.0, np.nan]).reshape(1, 1, 3, 1)
    >>> metric.update_state(true, np.array([3.0, 11, 0]).reshape(1, 1, 3, 1))
    >>> float(metric.result())  # sqrt((1 + 49) / 2)
    5.0

    Reference:
        [Eigen et al., 2014](https://arxiv.org/abs/1406.2283).
    """

    def __init__(self, *, name="rmse", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_pixels(self, true, predicted):
        return ops.square(predicted - true)

    def result(self):
        return ops.sqrt(super().result())
