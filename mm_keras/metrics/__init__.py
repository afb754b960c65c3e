"""Metrics that Keras lacks. They see decoded values, never logits."""

from mm_keras.metrics.decoded import Decoded
from mm_keras.metrics.mean_iou import MeanIoU

__all__ = ["Decoded", "MeanIoU"]
