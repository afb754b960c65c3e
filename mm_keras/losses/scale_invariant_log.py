import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class ScaleInvariantLog(PerExampleLoss):
    """Squared error of log depth, forgiving of a wrong scale of the scene.

    With `d = y_pred - log(y_true)` over the pixels of known depth, per example

        mean(d ** 2) - scale_invariance * mean(d) ** 2

    A picture tells which of two things is farther better than how far they
    are. A prediction that is twice too large everywhere has one error, the
    same at each pixel, and that error counts only `1 - scale_invariance`.

    Pixels of unknown depth (0, NaN or infinite) reach neither the value nor
    the gradient.

    Args:
        scale_invariance: Share of the error of scale that is forgiven: 0 is
            the plain squared error of log depth, 1 ignores the scale.
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: Depth, `(batch, height, width, 1)`, in any unit above 0.
        y_pred: Logarithm of the depth, of the same shape.

    Raises:
        ValueError: If `scale_invariance` is not between 0 and 1.

    Example:

    >>> loss = mm_keras.losses.ScaleInvariantLog(scale_invariance=1.0)
    >>> depth = np.array([1.0, 2.0, 4.0, np.nan]).reshape(1, 2, 2, 1)
    >>> twice = np.log([2.0, 4.0, 8.0, 1.0]).reshape(1, 2, 2, 1)
    >>> round(float(loss(depth, twice)), 4)
    0.0

    Reference:
        [Eigen et al., 2014](https://arxiv.org/abs/1406.2283), whose share is
        one half.
    """

    def __init__(
        self, *, scale_invariance=0.5, name="scale_invariant_log", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        if not 0 <= scale_invariance <= 1:
            raise ValueError(
                "Argument `scale_invariance` of ScaleInvariantLog expects a "
                f"number from 0 to 1. Received: {scale_invariance}. Beyond 1 a "
                "wrong scale would be rewarded."
            )
        self.scale_invariance = scale_invariance

    def call(self, y_true, y_pred):
        pixels = (1, 2, 3)
        true, known = known_depth(y_true)
        counts = ops.cast(known, y_pred.dtype)
        count = ops.maximum(ops.sum(counts, axis=pixels), 1.0)
        error = ops.where(known, y_pred - ops.log(true), 0.0)
        scale = ops.sum(error, axis=pixels) / count
        # mean(d ** 2) is the variance and the square of the mean.
        rest = (error - scale[:, None, None, None]) * counts
        variance = ops.sum(ops.square(rest), axis=pixels) / count
        return variance + (1.0 - self.scale_invariance) * ops.square(scale)

    def get_config(self):
        return {
            **super().get_config(),
            "scale_invariance": self.scale_invariance,
        }


def known_depth(depth):
    """Returns depths, 1 where they are unknown, and whether they are known."""
    known = ops.logical_and(ops.isfinite(depth), depth > 0)
    return ops.where(known, depth, ops.ones_like(depth)), known
