"""Data: from TensorFlow Datasets and arrays to batches for `fit`.

A batch is `(inputs, targets, sample_weights)`: dictionaries by modality, by
task, and by task.
"""

from mm_keras.data.arrays import from_arrays
from mm_keras.data.catalog import offers
from mm_keras.data.catalog import tasks_of
from mm_keras.data.load import load
from mm_keras.data.mixing import chain
from mm_keras.data.mixing import mix
from mm_keras.data.pairing import pair
from mm_keras.data.preparing import prepare
from mm_keras.data.preparing import register
from mm_keras.data.text import text_vectorization
from mm_keras.data.unlabelled import fill_unlabelled
from mm_keras.data.views import register_view

__all__ = [
    "chain",
    "fill_unlabelled",
    "from_arrays",
    "load",
    "mix",
    "offers",
    "pair",
    "prepare",
    "register",
    "register_view",
    "tasks_of",
    "text_vectorization",
]
