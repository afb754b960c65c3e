"""The training itself, from the first epoch on or from an interruption."""

import math
import os

import keras

from mm_keras import training
from mm_keras.demo.progress import Progress
from mm_keras_cli.runs import measures


def fit(model, train, validation, settings, folder):
    """Trains a model, and keeps its log, its best state and its last one.

    Args:
        model: A compiled `mm_keras.MultiTaskModel`, as it was built.
        train: Batches to train on, which begin with the epoch of the backup.
        validation: Batches to validate on.
        settings: Settings of the training.
        folder: The `RunFolder`.

    Raises:
        ValueError: If no epoch came to a finite number.
    """
    backup = training.Backup(folder.backup)
    first = backup.restore(model)
    folder.keep_rows(first)
    past = [row[settings.monitor] for row in folder.rows()]
    mode = measures.find_mode(settings.monitor, model.tasks)
    detects = any(task.target.kind == "boxes" for task in model.tasks)
    patience = settings.patience or math.inf
    log = keras.callbacks.CSVLogger(folder.log, append=True)
    callbacks = [
        *[training.AveragePrecision(validation)] * detects,
        Progress(measures.line),
        log,
        KeepBest(folder.best, past, settings.monitor, mode),
        Patience(patience, past, settings.monitor, mode),
        # After the log, which never has less than the backup.
        backup,
    ]
    if first < settings.epochs and waited(past, mode) < patience:
        try:
            model.fit(
                train,
                validation_data=validation,
                initial_epoch=first,
                epochs=settings.epochs,
                verbose=0,
                callbacks=callbacks,
            )
        finally:
            log.on_train_end()  # Keras leaves it open when interrupted.
    if not folder.best.exists():
        raise ValueError(
            f"Training expects {settings.monitor} to be a number after some "
            "epoch. Received: none, the model has diverged. Choose a smaller "
            "--learning-rate, or look at the data with mm-keras check-data."
        )


def waited(past, mode):
    """Returns for how many epochs a number has not become better.

    Args:
        past: List of the number after each epoch.
        mode: `"min"` or `"max"`.
    """
    best = best_of(past, mode)
    return len(past) - 1 - past.index(best) if best in past else len(past)


def best_of(past, mode):
    """Returns the best of numbers; of none, what any number is better than."""
    better, worst = (min, math.inf) if mode == "min" else (max, -math.inf)
    return better(filter(math.isfinite, past), default=worst)


class KeepBest(keras.callbacks.ModelCheckpoint):
    """Keeps the best model, in a file that is whole whenever it is read.

    Args:
        path: Path of the file, a `pathlib.Path`.
        past: List of what the monitored number was in earlier epochs.
        monitor: Name of the number in the logs.
        mode: `"min"` or `"max"`.
    """

    def __init__(self, path, past, monitor, mode):
        self._path = path
        self._unfinished = path.with_name("unfinished.keras")
        super().__init__(
            self._unfinished,
            monitor,
            mode=mode,
            save_best_only=True,
            initial_value_threshold=best_of(past, mode),
        )

    def on_train_begin(self, logs=None):
        # What a process that was killed has left.
        self._unfinished.unlink(missing_ok=True)

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if self._unfinished.exists():
            os.replace(self._unfinished, self._path)


class Patience(keras.callbacks.EarlyStopping):
    """Stops a training that becomes no better, interrupted or not.

    Args:
        patience: After how many epochs to stop.
        past: List of what the monitored number was in earlier epochs.
        monitor: Name of the number in the logs.
        mode: `"min"` or `"max"`.
    """

    def __init__(self, patience, past, monitor, mode):
        super().__init__(monitor, patience=patience, mode=mode)
        self._past = past

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        for epoch, value in enumerate(self._past):
            self.on_epoch_end(epoch, {self.monitor: value})
