"""Factories of models: one structure a file, all called with
`(encoders, tasks)`."""

from mm_keras.models.branched import branched
from mm_keras.models.cgc import cgc
from mm_keras.models.cross_stitch import cross_stitch
from mm_keras.models.decoupled_heads import decoupled_heads
from mm_keras.models.dselect_k import dselect_k
from mm_keras.models.fix_branches import fix_branches
from mm_keras.models.hard_sharing import hard_sharing
from mm_keras.models.hierarchical import hierarchical
from mm_keras.models.independent import independent
from mm_keras.models.mmoe import mmoe
from mm_keras.models.mtan import mtan
from mm_keras.models.ple import ple
from mm_keras.models.soft_sharing import soft_sharing
from mm_keras.models.task_attention import task_attention
from mm_keras.models.two_towers import two_towers

__all__ = [
    "branched",
    "cgc",
    "cross_stitch",
    "decoupled_heads",
    "dselect_k",
    "fix_branches",
    "hard_sharing",
    "hierarchical",
    "independent",
    "mmoe",
    "mtan",
    "ple",
    "soft_sharing",
    "task_attention",
    "two_towers",
]
