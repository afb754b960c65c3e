"""The one definition of the tensor that a detection head gives.

A head sees a grid of locations, one per cell of each level of its pyramid, and
gives `8 + num_classes` numbers for each:

| channels | name | meaning |
|---|---|---|
| 0:4 | boxes | ymin, xmin, ymax, xmax, relative to the picture, not clipped |
| 4 | quality | logit of how well the box fits |
| 5:7 | centers | y, x of the center of the cell, in pixels; constants |
| 7 | strides | height and width of the cell, in pixels; constants |
| 8: | class_logits | one logit for each class |

The constants travel with the predictions, so that the loss and the decoder
need neither a grid nor the size of the picture of their own.
"""

from typing import Any
from typing import NamedTuple

from keras import ops

NUM_BOX_CHANNELS = 8


class DetectionOutput(NamedTuple):
    """The parts of the output of a detection head.

    Attributes:
        boxes: `(batch, locations, 4)`, relative.
        quality: `(batch, locations)`, a logit.
        centers: `(batch, locations, 2)`, y and x in pixels.
        strides: `(batch, locations)`, in pixels.
        class_logits: `(batch, locations, num_classes)`.
    """

    boxes: Any
    quality: Any
    centers: Any
    strides: Any
    class_logits: Any


def join(parts):
    """Joins a `DetectionOutput` to one float32 tensor.

    Args:
        parts: `DetectionOutput`. `centers` and `strides` may lack the batch.

    Returns:
        Tensor of shape `(batch, locations, 8 + num_classes)`.
    """
    boxes = ops.cast(parts.boxes, "float32")
    # Constants of the grid, repeated for each picture of the batch.
    rows = ops.zeros_like(boxes[..., :1])
    return ops.concatenate(
        [
            boxes,
            ops.cast(parts.quality, "float32")[..., None],
            rows + ops.cast(parts.centers, "float32"),
            rows + ops.cast(parts.strides, "float32")[..., None],
            ops.cast(parts.class_logits, "float32"),
        ],
        axis=-1,
    )


def split(outputs):
    """Splits the tensor of a head, the reverse of `join`.

    Args:
        outputs: Tensor of shape `(batch, locations, 8 + num_classes)`.

    Returns:
        `DetectionOutput`.
    """
    outputs = ops.convert_to_tensor(outputs)
    shape = tuple(outputs.shape)
    if len(shape) != 3 or (shape[2] or 9) <= NUM_BOX_CHANNELS:
        raise ValueError(
            "The output of a detection head has shape (batch, locations, "
            f"{NUM_BOX_CHANNELS} + num_classes). Received: shape={shape}. Pass "
            "the raw output of `mm_keras.detection.DetectionHead`."
        )
    return DetectionOutput(
        boxes=outputs[..., :4],
        quality=outputs[..., 4],
        centers=outputs[..., 5:7],
        strides=outputs[..., 7],
        class_logits=outputs[..., NUM_BOX_CHANNELS:],
    )


def grid(height, width, stride):
    """Centers of the cells of one level, row by row.

    Args:
        height: Number of rows of cells, an integer or a scalar tensor.
        width: Number of columns of cells.
        stride: Height and width of a cell, in pixels.

    Returns:
        Tensor of shape `(height * width, 2)`: y and x in pixels.

    Example:

    >>> mm_keras.detection.layout.grid(1, 2, stride=8).numpy()
    array([[ 4.,  4.],
           [ 4., 12.]], dtype=float32)
    """
    y = (ops.cast(ops.arange(height), "float32") + 0.5) * stride
    x = (ops.cast(ops.arange(width), "float32") + 0.5) * stride
    centers = ops.stack(ops.meshgrid(y, x, indexing="ij"), axis=-1)
    return ops.reshape(centers, (-1, 2))


def picture_size(centers, strides):
    """Height and width of the pictures: they end where the last cell ends.

    Args:
        centers: `(..., locations, 2)`, y and x in pixels.
        strides: `(..., locations)`, in pixels.

    Returns:
        Tensor of shape `(..., 2)`: height and width in pixels.
    """
    return ops.max(centers + strides[..., None] / 2, axis=-2)
