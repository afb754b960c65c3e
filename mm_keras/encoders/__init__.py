"""Encoders: functional models from one modality to named views."""

from mm_keras.encoders.convnet import convnet
from mm_keras.encoders.copy import copy
from mm_keras.encoders.lstm import lstm
from mm_keras.encoders.mlp import mlp
from mm_keras.encoders.neck import neck
from mm_keras.encoders.optional import optional
from mm_keras.encoders.resnet import resnet
from mm_keras.encoders.stages import stages
from mm_keras.encoders.vgg import vgg

__all__ = [
    "convnet",
    "copy",
    "lstm",
    "mlp",
    "neck",
    "optional",
    "resnet",
    "stages",
    "vgg",
]
