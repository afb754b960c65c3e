import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class MeanIoU(keras.metrics.Metric):
    """Mean intersection over union of masks, with a weight per example.

    Counts the pixels of every pair of true and predicted class over all
    examples, then averages `intersection / union` over the classes that occur
    in either. `keras.metrics.MeanIoU` refuses weights of shape `(batch,)`.

    Args:
        num_classes: Number of classes, background included.
        ignore_class: Id of a class whose true pixels do not count.
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Metric`.

    Call arguments of `update_state`:
        y_true: Class ids, of shape `(batch, height, width)` or with a last
            axis of 1.
        y_pred: Predicted class ids, of the same shape.
        sample_weight: Weights of shape `(batch,)`.

    Example:

    >>> metric = mm_keras.metrics.MeanIoU(num_classes=2)
    >>> metric.update_state(np.array([[[0, 1]]]), np.array([[[1, 1]]]))
    >>> float(metric.result())  # (0 / 1 + 1 / 2) / 2
    0.25
    """

    def __init__(
        self, num_classes, *, ignore_class=None, name="mean_iou", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.confusion = self.add_weight(
            shape=(num_classes, num_classes),
            initializer="zeros",
            name="confusion",
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        batch = ops.shape(y_true)[0]
        true = ops.reshape(ops.cast(y_true, "int32"), (batch, -1))
        pred = ops.reshape(ops.cast(y_pred, "int32"), (batch, -1))
        weight = ops.ones_like(true, dtype=self.dtype)
        if sample_weight is not None:
            weight *= ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
        if self.ignore_class is not None:
            known = true != self.ignore_class
            weight *= ops.cast(known, self.dtype)
            # The id may be one that is no class, such as 255.
            true = ops.where(known, true, 0)
        cell = true * self.num_classes + pred
        counts = ops.segment_sum(
            ops.reshape(weight, (-1,)),
            ops.reshape(cell, (-1,)),
            num_segments=self.num_classes**2,
        )
        self.confusion.assign_add(ops.reshape(counts, self.confusion.shape))

    def result(self):
        """Returns the mean over the classes that occur, a scalar in 0-1."""
        per_class, occurs = self.per_class()
        return ops.divide_no_nan(ops.sum(per_class), ops.sum(occurs))

    def per_class(self):
        """Returns the IoU of each class and whether it occurs (0 or 1)."""
        intersection = ops.diagonal(self.confusion)
        union = (
            ops.sum(self.confusion, axis=0)
            + ops.sum(self.confusion, axis=1)
            - intersection
        )
        occurs = ops.cast(union > 0, self.dtype)
        return ops.divide_no_nan(intersection, union), occurs

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "ignore_class": self.ignore_class,
        }
