"""The model that knows its tasks, its training steps, and callbacks."""

from mm_keras.training.average_precision import AveragePrecision
from mm_keras.training.backup import Backup
from mm_keras.training.evaluation import evaluate
from mm_keras.training.loading import load_model
from mm_keras.training.multi_task_model import MultiTaskModel
from mm_keras.training.sharing_schedule import SharingSchedule

__all__ = [
    "AveragePrecision",
    "Backup",
    "MultiTaskModel",
    "SharingSchedule",
    "evaluate",
    "load_model",
]
