import math

import keras


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights of the epoch that is best on the validation data.

    That is the first one with the lowest sum of the losses of the tasks, each
    times the weight that its task declares. Penalties of layers do not count,
    nor does what a strategy makes of the losses: so the criterion is the same
    for every candidate.

    Args:
        tasks: List of `mm_keras.tasks.Task`, those of the model.

    Attributes:
        losses: The sum for every epoch so far.
        epoch: Number of the best epoch, from 0.
        scores: What was logged of the validation data in the best epoch,
            without `val_`.
    """

    def __init__(self, tasks):
        super().__init__()
        self.tasks = tasks
        self.losses, self.scores = [], {}
        self.epoch = self.weights = None

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(
            float(
                sum(t.weight * logs[f"val_{t.name}_loss"] for t in self.tasks)
            )
        )
        if self.epoch is None or self._loss(epoch) < self._loss(self.epoch):
            self.epoch = epoch
            self.weights = self.model.get_weights()
            self.scores = {
                name.removeprefix("val_"): float(value)
                for name, value in logs.items()
                if name.startswith("val_")
            }

    def _loss(self, epoch):
        loss = self.losses[epoch]
        return math.inf if math.isnan(loss) else loss

    def restore(self):
        """Gives the model the weights of the best epoch back."""
        self.model.set_weights(self.weights)
