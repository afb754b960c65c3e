"""Losses that Keras lacks: one value per example, safe for missing labels."""

from mm_keras.losses.class_cross_entropy import ClassCrossEntropy
from mm_keras.losses.info_nce import InfoNCE
from mm_keras.losses.mask_loss import MaskLoss
from mm_keras.losses.per_example import PerExampleLoss
from mm_keras.losses.per_example_mean import PerExampleMean

__all__ = [
    "ClassCrossEntropy",
    "InfoNCE",
    "MaskLoss",
    "PerExampleLoss",
    "PerExampleMean",
]
