"""What a model predicts: declarations of target, head, loss and metrics."""

from mm_keras.tasks.alignment import alignment
from mm_keras.tasks.classification import classification
from mm_keras.tasks.compile_args import compile_args
from mm_keras.tasks.depth import depth
from mm_keras.tasks.detection import detection
from mm_keras.tasks.keypoints import keypoints
from mm_keras.tasks.localization import localization
from mm_keras.tasks.multi_label import multi_label
from mm_keras.tasks.regression import regression
from mm_keras.tasks.segmentation import segmentation
from mm_keras.tasks.tagging import tagging
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task

__all__ = [
    "Target",
    "Task",
    "alignment",
    "classification",
    "compile_args",
    "depth",
    "detection",
    "keypoints",
    "localization",
    "multi_label",
    "regression",
    "segmentation",
    "tagging",
]
