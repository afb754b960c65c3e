"""Layers that join modalities, and the heads that tasks read them with."""

from mm_keras.layers.alignment_head import AlignmentHead
from mm_keras.layers.attention_fusion import AttentionFusion
from mm_keras.layers.concatenation import Concatenation
from mm_keras.layers.conditioning import Conditioning
from mm_keras.layers.contrastive_loss import ContrastiveLoss
from mm_keras.layers.fusion import fusion
from mm_keras.layers.fusion_layer import FusionLayer
from mm_keras.layers.highest_class import HighestClass
from mm_keras.layers.map_head import MapHead
from mm_keras.layers.point_decoder import PointDecoder
from mm_keras.layers.point_head import PointHead
from mm_keras.layers.pyramid_vector_head import PyramidVectorHead
from mm_keras.layers.stage_attention import StageAttention
from mm_keras.layers.stand_in import StandIn
from mm_keras.layers.tag_decoder import TagDecoder
from mm_keras.layers.task_attention import TaskAttention
from mm_keras.layers.token_head import TokenHead
from mm_keras.layers.unit_length import UnitLength
from mm_keras.layers.vector_head import VectorHead
from mm_keras.layers.whole_number import WholeNumber

__all__ = [
    "AlignmentHead",
    "AttentionFusion",
    "Concatenation",
    "Conditioning",
    "ContrastiveLoss",
    "FusionLayer",
    "HighestClass",
    "MapHead",
    "PointDecoder",
    "PointHead",
    "PyramidVectorHead",
    "StageAttention",
    "StandIn",
    "TagDecoder",
    "TaskAttention",
    "TokenHead",
    "UnitLength",
    "VectorHead",
    "WholeNumber",
    "fusion",
]
