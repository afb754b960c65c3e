import keras
from keras import ops

from mm_keras.metrics.depth_metric import DepthMetric


@keras.saving.register_keras_serializable(package="mm_keras")
class AbsoluteRelativeError(DepthMetric):
    """Mean of `abs(predicted - true) / true` over pixels of known depth.

    Args:
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Example:

    >>> metric = mm_keras.metrics.AbsoluteRelativeError()
    >>> true = np.array([2.0, 4.0, 0.0]).reshape(1, 1, 3, 1)  # 0 is unknown
    >>> metric.update_state(true, np.full((1, 1, 3, 1), 3.0))
    >>> float(metric.result())  # (1 / 2 + 1 / 4) / 2
    0.375

    Reference:
        [Eigen et al., 2014](https://arxiv.org/abs/1406.2283).
    """

    def __init__(self, *, name="abs_rel", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_pixels(self, true, predicted):
        return ops.abs(predicted - true) / true
