"""Metrics that Keras lacks. They see decoded values, never logits."""

from mm_keras.metrics.absolute_relative_error import AbsoluteRelativeError
from mm_keras.metrics.decoded import Decoded
from mm_keras.metrics.depth_accuracy import DepthAccuracy
from mm_keras.metrics.depth_rmse import DepthRMSE
from mm_keras.metrics.mean_iou import MeanIoU
from mm_keras.metrics.point_accuracy import PointAccuracy
from mm_keras.metrics.point_distance import PointDistance
from mm_keras.metrics.relative_improvement import relative_improvement
from mm_keras.metrics.token_accuracy import TokenAccuracy

__all__ = [
    "AbsoluteRelativeError",
    "Decoded",
    "DepthAccuracy",
    "DepthRMSE",
    "MeanIoU",
    "PointAccuracy",
    "PointDistance",
    "TokenAccuracy",
    "relative_improvement",
]
