import dataclasses
from collections.abc import Callable
from typing import Any

import keras


@dataclasses.dataclass(frozen=True)
class Splits:
    """The data of a comparison.

    Args:
        train: Function without arguments that returns the batches to train on.
        validation: Batches to choose the best epoch on.
        test: Batches to report on.
    """

    train: Callable[[], Any]
    validation: Any
    test: Any

    def load_train(self, seed):
        """Returns the batches to train on, in an order that a seed decides."""
        keras.utils.set_random_seed(seed)
        return self.train()


def restrict(dataset, model):
    """Leaves out of the batches what a model does not know.

    Args:
        dataset: Batches of inputs, targets and, if there are any, sample
            weights, each a dictionary.
        model: A `mm_keras.MultiTaskModel`.
    """
    inputs, tasks = list(model.input), list(model.output)

    def keep(*batch):
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        parts = [(x, inputs), (y, tasks), (weights, tasks)]
        return tuple(
            {name: part[name] for name in names if name in part}
            for part, names in parts
            if part is not None
        )

    return dataset.map(keep)
