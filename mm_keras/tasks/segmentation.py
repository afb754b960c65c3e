from mm_keras.layers.highest_class import HighestClass
from mm_keras.layers.map_head import MapHead
from mm_keras.losses.mask_loss import MaskLoss
from mm_keras.metrics.mean_iou import MeanIoU
from mm_keras.tasks.classification import check_num_classes
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task


def segmentation(
    name,
    num_classes,
    *,
    channels=64,
    ignore_class=None,
    feature=None,
    weight=1.0,
):
    """One class for each pixel.

    Reads the pyramid. The output is a logit per pixel and class; decoded, a
    class id per pixel. Reports the mean intersection over union.

    Args:
        name: Name of the task.
        num_classes: Number of classes, the background (0) included.
        channels: Width of the convolutions in the head.
        ignore_class: Class id of pixels that do not count.
        feature: Name of the feature with the masks; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a mask of class ids, of shape
        `(height, width, 1)`.

    Raises:
        ValueError: If there are fewer than two classes.

    Example:

    >>> mm_keras.tasks.segmentation("mask", 11).target.kind
    'mask'
    """
    check_num_classes("segmentation", num_classes)
    return Task(
        name,
        target=Target("mask", (None, None, 1), "int32", num_classes, feature),
        head=MapHead(num_classes, channels),
        loss=MaskLoss(ignore_class=ignore_class),
        metrics=(MeanIoU(num_classes, ignore_class=ignore_class),),
        decode=HighestClass(),
        weight=weight,
    )
