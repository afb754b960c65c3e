import keras

from mm_keras.layers.map_head import MapHead
from mm_keras.losses.scale_invariant_log import ScaleInvariantLog
from mm_keras.metrics.absolute_relative_error import AbsoluteRelativeError
from mm_keras.metrics.depth_accuracy import DepthAccuracy
from mm_keras.metrics.depth_rmse import DepthRMSE
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task


def depth(name, *, channels=64, scale_invariance=0.5, feature=None, weight=1.0):
    """The distance of what is seen at each pixel.

    Reads the pyramid. The output is the logarithm of the depth, a number per
    pixel; decoded, the depth in the unit of the labels, above 0. Reports the
    absolute relative error, the root of the mean squared error, and delta: the
    share of pixels that are right up to a factor of 1.25.

    Args:
        name: Name of the task.
        channels: Width of the convolutions in the head.
        scale_invariance: Share of the error of scale that the loss forgives,
            0 to 1; see `mm_keras.losses.ScaleInvariantLog`.
        feature: Name of the feature with the depths; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a depth per pixel, of shape
        `(height, width, 1)`. Where it is 0 or NaN it is unknown: such pixels
        count in neither loss nor metrics.

    Example:

    >>> task = mm_keras.tasks.depth("depth")
    >>> [metric.name for metric in task.make_metrics()]
    ['abs_rel', 'rmse', 'delta']

    Reference:
        [Eigen et al., 2014](https://arxiv.org/abs/1406.2283).
    """
    return Task(
        name,
        target=Target("depth", (None, None, 1), "float32", None, feature),
        head=MapHead(1, channels),
        loss=ScaleInvariantLog(scale_invariance=scale_invariance),
        metrics=(AbsoluteRelativeError(), DepthRMSE(), DepthAccuracy()),
        decode=keras.layers.Activation("exponential", dtype="float32"),
        weight=weight,
    )
