from mm_keras.detection.decode import DetectionDecoder
from mm_keras.detection.head import DetectionHead
from mm_keras.detection.loss import DetectionLoss
from mm_keras.tasks.classification import check_num_classes
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task

# Pairs of location and class that enter the suppression, at least.
MIN_CANDIDATES = 300


def detection(
    name,
    num_classes,
    *,
    max_boxes=100,
    max_detections=100,
    channels=64,
    depth=2,
    levels=None,
    feature=None,
    weight=1.0,
):
    """The boxes and classes of all objects in each picture.

    Reads the pyramid. The output is described in
    `mm_keras.detection.layout`; decoded, it is a dictionary of `boxes`,
    `scores`, `classes` and `count`. Average precision is measured over a whole
    data set, by `mm_keras.training.AveragePrecision`.

    Args:
        name: Name of the task.
        num_classes: Number of classes, at least 1; there is no background.
        max_boxes: Number of rows in the target; data loaders pad to it.
        max_detections: How many detections are kept for each picture, at
            least 1.
        channels: Width of the convolutions in the head.
        depth: Number of convolutions before each output of the head.
        levels: Names of the levels to look at, such as `("P3", "P4", "P5")`;
            finer ones cost most. None means all that the encoder gives.
        feature: Name of the feature with the boxes; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target has a row for each object: ymin,
        xmin, ymax, xmax, relative, and the class id. Padding rows are -1.

    Raises:
        ValueError: If there is no class, or room for no detection.

    Example:

    >>> mm_keras.tasks.detection("digits", 10, max_boxes=4).target.shape
    (4, 5)
    """
    check_num_classes("detection", num_classes, least=1)
    return Task(
        name,
        target=Target(
            "boxes",
            (max_boxes, 5),
            num_classes=num_classes,
            feature=feature,
            filler=-1,
        ),
        head=DetectionHead(
            num_classes, channels=channels, depth=depth, levels=levels
        ),
        loss=DetectionLoss(),
        decode=DetectionDecoder(
            max_detections=max_detections,
            max_candidates=max(MIN_CANDIDATES, max_detections),
        ),
        weight=weight,
    )
