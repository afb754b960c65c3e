"""The model that knows its tasks, its training steps, and callbacks."""

from mm_keras.training.average_precision import AveragePrecision
from mm_keras.training.average_precision import evaluate_detection
from mm_keras.training.loading import load_model
from mm_keras.training.multi_task_model import MultiTaskModel

__all__ = [
    "AveragePrecision",
    "MultiTaskModel",
    "evaluate_detection",
    "load_model",
]
