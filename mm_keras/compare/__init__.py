"""Ways to share and to balance, held against single-task networks."""

from mm_keras.compare.compare import compare
from mm_keras.compare.comparison import Comparison

__all__ = ["Comparison", "compare"]
