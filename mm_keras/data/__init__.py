"""Data: from TensorFlow Datasets and arrays to batches for `fit`.

A batch is `(inputs, targets, sample_weights)`: dictionaries by modality, by
task, and by task.
"""

from mm_keras.data.arrays import from_arrays
from mm_keras.data.faults import Fault
from mm_keras.data.faults import Faults
from mm_keras.data.load import load
from mm_keras.data.preparing import prepare
from mm_keras.data.preparing import register
from mm_keras.data.splits import folds
from mm_keras.data.splits import split
from mm_keras.data.splits import split_by_task
from mm_keras.data.text import text_vectorization
from mm_keras.data.unlabelled import fill_unlabelled
from mm_keras.data.validation import Report
from mm_keras.data.validation import validate
from mm_keras.data.views import register_view

__all__ = [
    "Fault",
    "Faults",
    "Report",
    "fill_unlabelled",
    "folds",
    "from_arrays",
    "load",
    "prepare",
    "register",
    "register_view",
    "split",
    "split_by_task",
    "text_vectorization",
    "validate",
]
