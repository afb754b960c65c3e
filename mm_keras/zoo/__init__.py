"""Named models: each joins encoders, a structure and tasks for one purpose."""

from mm_keras.zoo.cifar10_cnn import cifar10_cnn
from mm_keras.zoo.coco_classification_detection import (
    coco_classification_detection,
)
from mm_keras.zoo.digit_scenes import digit_scenes
from mm_keras.zoo.resnet18_classification_localization import (
    resnet18_classification_localization,
)
from mm_keras.zoo.resnet50_task_attention import resnet50_task_attention
from mm_keras.zoo.shared_trunk import shared_trunk
from mm_keras.zoo.text_image_concatenation import text_image_concatenation
from mm_keras.zoo.vgg16_hierarchical import vgg16_hierarchical

__all__ = [
    "cifar10_cnn",
    "coco_classification_detection",
    "digit_scenes",
    "resnet18_classification_localization",
    "resnet50_task_attention",
    "shared_trunk",
    "text_image_concatenation",
    "vgg16_hierarchical",
]
