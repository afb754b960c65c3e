"""Looks through batches for what is wrong with them, and reports it."""

from mm_keras.data.validation.report import Report
from mm_keras.data.validation.validate import validate

__all__ = ["Report", "validate"]
