"""Factories of models: one structure a file, all called with
`(encoders, tasks)`."""

from mm_keras.models.hard_sharing import hard_sharing
from mm_keras.models.hierarchical import hierarchical
from mm_keras.models.independent import independent
from mm_keras.models.mtan import mtan
from mm_keras.models.task_attention import task_attention
from mm_keras.models.two_towers import two_towers

__all__ = [
    "hard_sharing",
    "hierarchical",
    "independent",
    "mtan",
    "task_attention",
    "two_towers",
]
