"""Layers that join modalities: fusion, alignment, and what absence leaves."""

from mm_keras.layers.alignment_head import AlignmentHead
from mm_keras.layers.attention_fusion import AttentionFusion
from mm_keras.layers.concatenation import Concatenation
from mm_keras.layers.contrastive_loss import ContrastiveLoss
from mm_keras.layers.fusion import fusion
from mm_keras.layers.fusion_layer import FusionLayer
from mm_keras.layers.stand_in import StandIn

__all__ = [
    "AlignmentHead",
    "AttentionFusion",
    "Concatenation",
    "ContrastiveLoss",
    "FusionLayer",
    "StandIn",
    "fusion",
]
