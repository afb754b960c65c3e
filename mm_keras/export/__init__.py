"""From a trained model to files that run elsewhere."""

from mm_keras.export.saved_model import to_saved_model
from mm_keras.export.serving_model import serving_model
from mm_keras.export.serving_model import ServingModel

__all__ = ["ServingModel", "serving_model", "to_saved_model"]
