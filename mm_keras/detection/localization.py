"""One box per picture, for pictures of one object."""

import keras
from keras import ops

from mm_keras.detection import overlap
from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class BoxDecoder(keras.layers.Layer):
    """Maps four raw numbers to a box inside the picture.

    The sigmoids of the four numbers are two pairs of relative coordinates;
    their smaller and larger ones are the corners, so that the box is never
    inside out: `ymin, ymax = sort(sigmoid(raw[0]), sigmoid(raw[2]))`, and
    the same for x with `raw[1]` and `raw[3]`.

    Call arguments:
        outputs: Tensor of shape `(batch, 4)`.

    Returns:
        ymin, xmin, ymax, xmax, relative, of shape `(batch, 4)`.

    Example:

    >>> raw = np.array([[9.0, 9.0, -9.0, -9.0]])
    >>> mm_keras.detection.BoxDecoder()(raw).numpy().round(2)
    array([[0., 0., 1., 1.]], dtype=float32)
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, outputs_shape):
        pass

    def call(self, outputs):
        return to_box(outputs)

    def compute_output_shape(self, outputs_shape):
        return outputs_shape


def to_box(raw):
    """Returns the box that four raw numbers stand for; see `BoxDecoder`."""
    sides = ops.sigmoid(raw)
    some, others = sides[..., :2], sides[..., 2:]
    return ops.concatenate(
        [ops.minimum(some, others), ops.maximum(some, others)], axis=-1
    )


@keras.saving.register_keras_serializable(package="mm_keras")
class LocalizationLoss(PerExampleLoss):
    """How far the one box of a picture is from the true one.

    `mean |corners - true corners| + (1 - giou)`, on decoded boxes: the first
    term has a steady slope, the second one is blind to the size of the object.

    Args:
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: ymin, xmin, ymax, xmax, relative, of shape `(batch, 4)`.
        y_pred: Raw outputs, of shape `(batch, 4)`.

    Example:

    >>> loss = mm_keras.detection.LocalizationLoss()
    >>> raw = np.array([[-99.0, -99.0, 99.0, 99.0]])
    >>> float(loss(np.array([[0.0, 0.0, 1.0, 1.0]]), raw))
    0.0
    """

    def __init__(self, *, name="localization_loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        boxes = to_box(y_pred)
        _, giou = overlap.generalized_iou(y_true, boxes)
        return ops.mean(ops.abs(y_true - boxes), axis=-1) + 1.0 - giou


@keras.saving.register_keras_serializable(package="mm_keras")
class BoxIoU(keras.metrics.MeanMetricWrapper):
    """Mean intersection over union of one predicted and one true box.

    Args:
        name: Name of the metric.
        **kwargs: Arguments of `keras.metrics.Metric`.

    Example:

    >>> metric = mm_keras.detection.BoxIoU()
    >>> whole = np.array([[0.0, 0.0, 1.0, 1.0]])
    >>> metric.update_state(whole, np.array([[0.0, 0.0, 1.0, 0.5]]))
    >>> float(metric.result())
    0.5
    """

    def __init__(self, *, name="iou", **kwargs):
        super().__init__(box_iou, name=name, **kwargs)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}


def box_iou(y_true, y_pred):
    """Returns the intersection over union of boxes, of shape `(batch,)`."""
    y_pred = ops.convert_to_tensor(y_pred)
    return overlap.generalized_iou(ops.cast(y_true, y_pred.dtype), y_pred)[0]
