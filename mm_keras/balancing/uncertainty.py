import keras
from keras import ops

from mm_keras.balancing.base import LossBalancing


@keras.saving.register_keras_serializable(package="mm_keras")
class Uncertainty(LossBalancing):
    """Learns how noisy each task is, and listens less to the noisy ones.

    With a trained `s[t] = log(sigma[t]^2)` for every task, minimizes
    `sum_t 0.5 * exp(-s[t]) * losses[t] + 0.5 * s[t]`: the likelihood of
    Gaussian noise of variance `sigma[t]^2`. The second term keeps the noise
    from growing without bound. A loss of exactly 0, as that of a task without
    labels in the batch, leaves the noise of its task as it is.

    Args:
        initial_log_variance: Where `s` starts. 0 weighs each loss by a half.
        **kwargs: Arguments of `keras.layers.Layer`.

    Example:

    >>> strategy = mm_keras.balancing.Uncertainty()
    >>> float(strategy(np.array([1.0, 2.0])))  # (1 + 2) / 2
    1.5

    Reference:
        [Kendall et al., 2018](https://arxiv.org/abs/1705.07115), equation 7.
    """

    def __init__(self, *, initial_log_variance=0.0, **kwargs):
        super().__init__(**kwargs)
        self.initial_log_variance = initial_log_variance

    def build(self, losses_shape):
        self.log_variance = self.add_weight(
            shape=tuple(losses_shape),
            initializer=keras.initializers.Constant(self.initial_log_variance),
            name="log_variance",
        )

    def call(self, losses):
        labelled = ops.cast(ops.not_equal(losses, 0.0), losses.dtype)
        precision = ops.exp(-self.log_variance)
        terms = precision * losses + self.log_variance
        return 0.5 * ops.sum(labelled * terms)

    def get_config(self):
        return {
            **super().get_config(),
            "initial_log_variance": self.initial_log_variance,
        }
