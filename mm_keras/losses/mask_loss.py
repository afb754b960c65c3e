import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class MaskLoss(PerExampleLoss):
    """Cross-entropy per pixel plus the Dice loss of the classes in a mask.

    Per example, `mean_pixels cross_entropy + dice_weight * (1 - dice)`, with
    `dice = mean_c 2 * sum(p_c * t_c) / (sum(p_c) + sum(t_c))` over the classes
    that occur in the true mask. The cross-entropy is dominated by large areas;
    Dice counts small and large ones alike.

    Args:
        dice_weight: Weight of the second term, at least 0.
        ignore_class: Class id of pixels that do not count.
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: Class ids, `(batch, height, width, 1)`.
        y_pred: Logits, `(batch, height, width, num_classes)`.

    Example:

    >>> loss = mm_keras.losses.MaskLoss(dice_weight=0.0)
    >>> mask, logits = np.zeros((1, 2, 2, 1)), np.zeros((1, 2, 2, 4))
    >>> round(float(loss(mask, logits)), 4)  # log 4
    1.3863

    Reference:
        [Milletari et al., 2016](https://arxiv.org/abs/1606.04797).
    """

    def __init__(
        self, *, dice_weight=0.5, ignore_class=None, name="mask_loss", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.dice_weight = dice_weight
        self.ignore_class = ignore_class

    def call(self, y_true, y_pred):
        ids = ops.cast(y_true[..., 0], "int32")
        counts = ops.ones_like(ids, dtype=y_pred.dtype)
        if self.ignore_class is not None:
            counts = ops.cast(ids != self.ignore_class, y_pred.dtype)
            ids = ops.where(ids == self.ignore_class, 0, ids)
        num_classes = y_pred.shape[-1]
        target = ops.one_hot(ids, num_classes, dtype=y_pred.dtype)
        target *= counts[..., None]
        log_probability = ops.log_softmax(y_pred, axis=-1)
        cross_entropy = -ops.sum(target * log_probability, axis=(1, 2, 3))
        cross_entropy /= ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)
        probability = ops.exp(log_probability) * counts[..., None]
        return cross_entropy + self.dice_weight * (
            1.0 - mean_dice(probability, target)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "dice_weight": self.dice_weight,
            "ignore_class": self.ignore_class,
        }


def mean_dice(probability, target):
    """Returns the mean Dice score of the classes in `target`, `(batch,)`.

    It is 1 where no pixel counts: there is nothing to miss.
    """
    pixels = (1, 2)
    shared = ops.sum(probability * target, axis=pixels)
    present = ops.sum(target, axis=pixels)
    total = ops.sum(probability, axis=pixels) + present
    occurs = ops.cast(present > 0, probability.dtype)
    dice = occurs * 2.0 * shared / ops.maximum(total, 1e-6)
    count = ops.sum(occurs, axis=1)
    mean = ops.sum(dice, axis=1) / ops.maximum(count, 1.0)
    return ops.where(count > 0, mean, 1.0)
