import keras
from keras import ops

from mm_keras.metrics.depth_metric import DepthMetric


@keras.saving.register_keras_serializable(package="mm_keras")
class DepthAccuracy(DepthMetric):
    """Share of the pixels whose depth is right up to a factor.

    A pixel counts where `max(predicted / true, true / predicted) < threshold`.
    The literature calls it delta, at thresholds of 1.25, 1.25 ** 2 and
    1.25 ** 3.

    Args:
        threshold: The factor, above 1.
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Mean`.

    Raises:
        ValueError: If the threshold is not above 1.

    Example:

    >>> metric = mm_keras.metrics.DepthAccuracy()
    >>> true = np.array([2.0, 2.0, 2.0, 0.0]).reshape(1, 2, 2, 1)
    >>> found = np.array([2.4, 2.6, 1.7, 9.0]).reshape(1, 2, 2, 1)
    >>> metric.update_state(true, found)
    >>> round(float(metric.result()), 4)  # 1.2 and 1.18 of three
    0.6667

    Reference:
        [Eigen et al., 2014](https://arxiv.org/abs/1406.2283).
    """

    def __init__(self, threshold=1.25, *, name="delta", **kwargs):
        super().__init__(name=name, **kwargs)
        if not threshold > 1:
            raise ValueError(
                "Argument `threshold` of DepthAccuracy expects a factor above "
                f"1. Received: threshold={threshold}. Use 1.25, or a power of "
                "it."
            )
        self.threshold = threshold

    def of_pixels(self, true, predicted):
        # A depth of 0 or less is infinitely wrong.
        predicted = ops.maximum(predicted, keras.config.epsilon())
        ratio = ops.maximum(predicted / true, true / predicted)
        return ops.cast(ratio < self.threshold, self.dtype)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}
