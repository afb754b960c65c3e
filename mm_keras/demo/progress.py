import sys

import keras

from mm_keras.demo import scores


class Progress(keras.callbacks.Callback):
    """Shows a bar while an epoch lasts, and the validation scores after it.

    The bar of `fit` has a line as long as there are losses and metrics. Where
    the output is no terminal there is no bar.

    Args:
        describe: Function from the logs of an epoch to a line about it.
    """

    def __init__(self, describe=scores.line):
        super().__init__()
        self._describe = describe

    def on_epoch_begin(self, epoch, logs=None):
        self._bar = keras.utils.Progbar(
            self.params["steps"],
            verbose=int(sys.stdout.isatty()),
            stateful_metrics=["loss"],
        )

    def on_train_batch_end(self, batch, logs=None):
        self._bar.update(batch + 1, [("loss", logs["loss"])])

    def on_epoch_end(self, epoch, logs=None):
        reached = self._describe(logs)
        epochs = self.params["epochs"]
        print(f"epoch {epoch + 1} of {epochs}: {reached}", flush=True)
