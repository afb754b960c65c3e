import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class ClassCrossEntropy(PerExampleLoss):
    """Cross-entropy of class ids, with smoothing and a weight per class.

    `-class_weight[y] * sum_c target[c] * log_softmax(logits)[c]`, where
    `target` is `1 - label_smoothing` at the true class `y` plus
    `label_smoothing / num_classes` everywhere. Keras smooths only one-hot
    targets, and takes class weights for models of one output only.

    Args:
        num_classes: Number of classes.
        label_smoothing: Share of the target spread over all classes, 0 to 1.
        class_weight: Dictionary from class id to weight, 1 where absent.
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Raises:
        ValueError: If a class of `class_weight` does not exist.

    Example:

    >>> loss = mm_keras.losses.ClassCrossEntropy(2, class_weight={1: 3.0})
    >>> round(float(loss(np.array([1]), np.zeros((1, 2)))), 4)  # 3 log 2
    2.0794
    """

    def __init__(
        self,
        num_classes,
        *,
        label_smoothing=0.0,
        class_weight=None,
        name="class_cross_entropy",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.label_smoothing = label_smoothing
        self.class_weight = {int(k): v for k, v in (class_weight or {}).items()}
        unknown = [k for k in self.class_weight if not 0 <= k < num_classes]
        if unknown:
            raise ValueError(
                "Argument `class_weight` expects class ids from 0 to "
                f"{num_classes - 1}. Received: {unknown}. Use the ids of the "
                "labels as keys."
            )

    def call(self, y_true, y_pred):
        ids = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        target = ops.one_hot(ids, self.num_classes, dtype=y_pred.dtype)
        values = keras.losses.categorical_crossentropy(
            target,
            y_pred,
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )
        weights = [
            self.class_weight.get(i, 1.0) for i in range(self.num_classes)
        ]
        return values * ops.take(ops.array(weights, values.dtype), ids)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "label_smoothing": self.label_smoothing,
            "class_weight": {str(k): v for k, v in self.class_weight.items()},
        }
