"""Losses that Keras lacks: one value per example, safe for missing labels."""

from mm_keras.losses.per_example import PerExampleLoss
from mm_keras.losses.per_example_mean import PerExampleMean

__all__ = ["PerExampleLoss", "PerExampleMean"]
