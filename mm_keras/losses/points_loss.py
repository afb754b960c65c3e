import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class PointsLoss(PerExampleLoss):
    """How far points are from the true ones, and whether they are visible.

    Per example, with `v` visible points among `n`:

        sum_visible (smooth(dy) + smooth(dx)) / v
            + visibility_weight * sum_points cross_entropy(visible) / n

    where `smooth(d)` is `d**2 / (2 * delta)` for `abs(d) < delta` and
    `abs(d) - delta / 2` beyond. Points that are not visible have no place.

    Args:
        delta: Where the loss goes over from square to absolute, as a share of
            the picture; above 0.
        visibility_weight: Weight of the second term, at least 0.
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: y and x, relative, NaN where the point is not visible, of shape
            `(batch, points, 2)`.
        y_pred: Raw output of `mm_keras.layers.PointHead`, of shape
            `(batch, points, 3)`.

    Example:

    >>> loss = mm_keras.losses.PointsLoss(delta=0.1, visibility_weight=0.0)
    >>> true = np.array([[[0.5, 0.5], [np.nan, np.nan]]])
    >>> round(float(loss(true, np.array([[[0.5, 0.8, 0], [0, 0, 0]]]))), 4)
    0.25

    Reference:
        [Sun et al., 2018](https://arxiv.org/abs/1711.08229).
    """

    def __init__(
        self, *, delta=0.02, visibility_weight=0.1, name="points_loss", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.delta = delta
        self.visibility_weight = visibility_weight

    def call(self, y_true, y_pred):
        visible = is_visible(y_true)
        true = ops.where(visible[..., None], y_true, 0.0)
        found = ops.where(visible[..., None], y_pred[..., :2], 0.0)
        distance = ops.abs(found - true)
        near = ops.minimum(distance, self.delta)
        smooth = near**2 / (2 * self.delta) + distance - near
        flags = ops.cast(visible, y_pred.dtype)
        count = ops.maximum(ops.sum(flags, axis=1), 1.0)
        place = ops.sum(smooth, axis=(1, 2)) / count
        logits = y_pred[..., 2]
        entropy = ops.softplus(logits) - flags * logits
        return place + self.visibility_weight * ops.mean(entropy, axis=1)

    def get_config(self):
        return {
            **super().get_config(),
            "delta": self.delta,
            "visibility_weight": self.visibility_weight,
        }


def is_visible(points):
    """Says of points `(batch, points, 2)` which have a place."""
    # NaN is not equal to itself.
    return ops.all(ops.equal(points, points), axis=-1)
