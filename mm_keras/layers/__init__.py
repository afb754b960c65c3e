"""Layers that join modalities or mix experts, and the heads of tasks."""

from mm_keras.layers.alignment_head import AlignmentHead
from mm_keras.layers.attention_fusion import AttentionFusion
from mm_keras.layers.branching import Branching
from mm_keras.layers.concatenation import Concatenation
from mm_keras.layers.conditioning import Conditioning
from mm_keras.layers.contrastive_loss import ContrastiveLoss
from mm_keras.layers.convolution_experts import ConvolutionExperts
from mm_keras.layers.cross_stitch import CrossStitch
from mm_keras.layers.dense_experts import DenseExperts
from mm_keras.layers.dselect_k import DSelectK
from mm_keras.layers.expert_mixture import ExpertMixture
from mm_keras.layers.experts import Experts
from mm_keras.layers.fusion import fusion
from mm_keras.layers.fusion_layer import FusionLayer
from mm_keras.layers.gated_mixture import GatedMixture
from mm_keras.layers.highest_class import HighestClass
from mm_keras.layers.map_head import MapHead
from mm_keras.layers.nddr import NDDR
from mm_keras.layers.point_decoder import PointDecoder
from mm_keras.layers.point_head import PointHead
from mm_keras.layers.pyramid_vector_head import PyramidVectorHead
from mm_keras.layers.residual_adapter import ResidualAdapter
from mm_keras.layers.stage_attention import StageAttention
from mm_keras.layers.stand_in import StandIn
from mm_keras.layers.static_dselect_k import StaticDSelectK
from mm_keras.layers.tag_decoder import TagDecoder
from mm_keras.layers.task_attention import TaskAttention
from mm_keras.layers.token_head import TokenHead
from mm_keras.layers.unit_length import UnitLength
from mm_keras.layers.vector_head import VectorHead
from mm_keras.layers.view_pooling import ViewPooling
from mm_keras.layers.whole_number import WholeNumber

__all__ = [
    "AlignmentHead",
    "AttentionFusion",
    "Branching",
    "Concatenation",
    "Conditioning",
    "ContrastiveLoss",
    "ConvolutionExperts",
    "CrossStitch",
    "DSelectK",
    "DenseExperts",
    "ExpertMixture",
    "Experts",
    "FusionLayer",
    "GatedMixture",
    "HighestClass",
    "MapHead",
    "NDDR",
    "PointDecoder",
    "PointHead",
    "PyramidVectorHead",
    "ResidualAdapter",
    "StageAttention",
    "StandIn",
    "StaticDSelectK",
    "TagDecoder",
    "TaskAttention",
    "TokenHead",
    "UnitLength",
    "VectorHead",
    "ViewPooling",
    "WholeNumber",
    "fusion",
]
