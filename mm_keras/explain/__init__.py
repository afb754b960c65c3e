"""Pictures of what a model predicts and how it learned."""

from mm_keras.explain.curves import curves
from mm_keras.explain.draw_boxes import draw_boxes
from mm_keras.explain.draw_mask import draw_mask
from mm_keras.explain.draw_points import draw_points
from mm_keras.explain.gallery import gallery
from mm_keras.explain.notes import prediction
from mm_keras.explain.notes import truth

__all__ = [
    "curves",
    "draw_boxes",
    "draw_mask",
    "draw_points",
    "gallery",
    "prediction",
    "truth",
]
