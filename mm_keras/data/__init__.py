"""Data: from TensorFlow Datasets and your own files to batches for `fit`.

A batch is `(inputs, targets, sample_weights)`: dictionaries by modality, by
task, and by task.
"""

from mm_keras.data.arrays import from_arrays
from mm_keras.data.augmentation import Augmentation
from mm_keras.data.catalog import offers
from mm_keras.data.catalog import tasks_of
from mm_keras.data.faults import Fault
from mm_keras.data.faults import Faults
from mm_keras.data.files.class_names import class_names
from mm_keras.data.files.coco import from_coco
from mm_keras.data.files.folders import from_folder
from mm_keras.data.files.tables import from_csv
from mm_keras.data.files.voc import from_voc
from mm_keras.data.load import load
from mm_keras.data.mixing import chain
from mm_keras.data.mixing import mix
from mm_keras.data.pairing import pair
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
    "Augmentation",
    "Fault",
    "Faults",
    "Report",
    "chain",
    "class_names",
    "fill_unlabelled",
    "folds",
    "from_arrays",
    "from_coco",
    "from_csv",
    "from_folder",
    "from_voc",
    "load",
    "mix",
    "offers",
    "pair",
    "prepare",
    "register",
    "register_view",
    "split",
    "split_by_task",
    "tasks_of",
    "text_vectorization",
    "validate",
]
