"""Losses that Keras lacks: one value per example, safe for missing labels."""

from mm_keras.losses.class_cross_entropy import ClassCrossEntropy
from mm_keras.losses.info_nce import InfoNCE
from mm_keras.losses.mask_loss import MaskLoss
from mm_keras.losses.per_example import PerExampleLoss
from mm_keras.losses.per_example_mean import PerExampleMean
from mm_keras.losses.points_loss import PointsLoss
from mm_keras.losses.scale_invariant_log import ScaleInvariantLog
from mm_keras.losses.token_cross_entropy import TokenCrossEntropy

__all__ = [
    "ClassCrossEntropy",
    "InfoNCE",
    "MaskLoss",
    "PerExampleLoss",
    "PerExampleMean",
    "PointsLoss",
    "ScaleInvariantLog",
    "TokenCrossEntropy",
]
