"""Detection: head, assignment, loss, decoding and average precision."""

from mm_keras.detection.assignment import assign
from mm_keras.detection.average_precision import average_precision
from mm_keras.detection.decode import DetectionDecoder
from mm_keras.detection.head import DetectionHead
from mm_keras.detection.localization import BoxDecoder
from mm_keras.detection.localization import BoxIoU
from mm_keras.detection.localization import LocalizationLoss
from mm_keras.detection.loss import DetectionLoss
from mm_keras.detection.nms import non_max_suppression
from mm_keras.detection.score_maps import ScoreMaps

__all__ = [
    "BoxDecoder",
    "BoxIoU",
    "DetectionDecoder",
    "DetectionHead",
    "DetectionLoss",
    "LocalizationLoss",
    "ScoreMaps",
    "assign",
    "average_precision",
    "non_max_suppression",
]
