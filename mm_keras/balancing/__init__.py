"""Strategies that make one update of the losses or gradients of many tasks."""

import keras

from mm_keras.balancing.base import Balancing
from mm_keras.balancing.base import GradientBalancing
from mm_keras.balancing.base import GramianBalancing
from mm_keras.balancing.base import LossBalancing
from mm_keras.balancing.equal import Equal
from mm_keras.balancing.pcgrad import PCGrad
from mm_keras.balancing.uncertainty import Uncertainty

__all__ = [
    "Balancing",
    "Equal",
    "GradientBalancing",
    "GramianBalancing",
    "LossBalancing",
    "PCGrad",
    "Uncertainty",
    "get",
]

STRATEGIES = {
    "equal": Equal,
    "pcgrad": PCGrad,
    "uncertainty": Uncertainty,
}


def get(strategy):
    """Returns the strategy of a name, a configuration or an instance.

    Args:
        strategy: A name such as `"pcgrad"`, a strategy, its serialized
            configuration, or None.

    Returns:
        A strategy, or None for None.

    Raises:
        ValueError: If there is no strategy of that name.

    Example:

    >>> mm_keras.balancing.get("pcgrad").level
    'parameters'
    """
    if isinstance(strategy, dict):
        strategy = keras.saving.deserialize_keras_object(strategy)
    if strategy is None or isinstance(strategy, Balancing):
        return strategy
    if strategy not in STRATEGIES:
        raise ValueError(
            f"Argument `balancing` expects one of {sorted(STRATEGIES)} or an "
            f"instance of a strategy. Received: balancing={strategy!r}. "
            "Strategies with options are made as "
            "`mm_keras.balancing.PCGrad(level='features')`."
        )
    return STRATEGIES[strategy]()
