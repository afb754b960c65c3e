from mm_keras.layers.point_decoder import PointDecoder
from mm_keras.layers.point_head import PointHead
from mm_keras.losses.points_loss import PointsLoss
from mm_keras.metrics.point_accuracy import PointAccuracy
from mm_keras.metrics.point_distance import PointDistance
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task


def keypoints(
    name, num_points, *, channels=64, levels=None, feature=None, weight=1.0
):
    """Points of the one object in each picture: joints, eyes, corners.

    Reads the pyramid. The output is y, x and a logit of being visible for each
    point; decoded, a dictionary of `points` and `scores`. Reports the mean
    distance, relative to the picture, and pck: the share of the points that
    are found within 0.05 of it.

    Args:
        name: Name of the task.
        num_points: Number of points, at least 1, each of a meaning of its own.
            If a mirror image swaps some, say so in
            `mm_keras.data.Augmentation(point_swaps=...)`.
        channels: Width of the convolutions in the head.
        levels: Names of the levels to look at. None means all; the finest one
            gives the precision.
        feature: Name of the feature with the points; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target has a row for each point: y and x,
        relative, NaN where it is not visible. A picture without a visible
        point is unlabelled.

    Raises:
        ValueError: If there is no point.

    Example:

    >>> task = mm_keras.tasks.keypoints("landmarks", 5)
    >>> task.target.shape, [m.name for m in task.make_metrics()]
    ((5, 2), ['distance', 'pck'])

    Reference:
        [Sun et al., 2018](https://arxiv.org/abs/1711.08229).
    """
    if not isinstance(num_points, int) or num_points < 1:
        raise ValueError(
            "Argument `num_points` of keypoints expects an integer of at least "
            f"1. Received: num_points={num_points!r}. Count the points of one "
            "object."
        )
    return Task(
        name,
        target=Target("points", (num_points, 2), feature=feature),
        head=PointHead(num_points, channels=channels, levels=levels),
        loss=PointsLoss(),
        metrics=(PointDistance(), PointAccuracy()),
        decode=PointDecoder(),
        weight=weight,
    )
