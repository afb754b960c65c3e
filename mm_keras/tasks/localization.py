from mm_keras.detection.localization import BoxDecoder
from mm_keras.detection.localization import BoxIoU
from mm_keras.detection.localization import LocalizationLoss
from mm_keras.layers.vector_head import VectorHead
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task


def localization(name, *, hidden_units=(), feature=None, weight=1.0):
    """The box of the one object in each picture.

    Reads the vector. The output is four raw numbers; decoded, a relative box.
    Reports the mean intersection over union. For any number of objects, see
    `mm_keras.tasks.detection`.

    Args:
        name: Name of the task.
        hidden_units: Widths of hidden layers in the head.
        feature: Name of the feature with the boxes; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is ymin, xmin, ymax, xmax, 0 to 1.

    Example:

    >>> mm_keras.tasks.localization("head", hidden_units=(100,)).target.shape
    (4,)
    """
    return Task(
        name,
        target=Target("box", (4,), "float32", None, feature),
        head=VectorHead(4, hidden_units),
        loss=LocalizationLoss(),
        metrics=(BoxIoU(),),
        decode=BoxDecoder(),
        weight=weight,
    )
