"""The demonstration: `digit_scenes`, from the data to a served model."""

from mm_keras.demo.demonstration import run
from mm_keras.demo.scores import table

__all__ = ["run", "table"]
