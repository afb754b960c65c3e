"""Data: from TensorFlow Datasets and arrays to batches for `fit`.

A batch is `(inputs, targets, sample_weights)`: dictionaries by modality, by
task, and by task.
"""

from mm_keras.data.arrays import from_arrays
from mm_keras.data.augmentation import Augmentation
from mm_keras.data.load import load
from mm_keras.data.preparing import prepare
from mm_keras.data.preparing import register
from mm_keras.data.text import text_vectorization
from mm_keras.data.unlabelled import fill_unlabelled
from mm_keras.data.views import register_view

__all__ = [
    "Augmentation",
    "fill_unlabelled",
    "from_arrays",
    "load",
    "prepare",
    "register",
    "register_view",
    "text_vectorization",
]
