import os
import pathlib
import zipfile

import keras
import numpy as np
from keras import ops

EPOCH = "epoch"


class Backup(keras.callbacks.Callback):
    """Keeps the state of a training in a file, to go on after an interruption.

    The file holds the weights, the states of optimizer, strategy and random
    generators, and the number of epochs that are done. It is written when an
    epoch ends, and takes the place of the one before only once it is whole:
    whenever the process is killed, what is there fits together. Of
    `keras.callbacks.BackupAndRestore` this is not so: it writes weights and
    epoch one after the other, and leaves the random generators out.

    Data that is shuffled or augmented goes on likewise if it is loaded with a
    seed and with the number of epochs that are done, as
    `mm_keras.data.load(..., seed=0, first_epoch=first)`.

    Args:
        path: Path of the file, `*.npz`, in a folder that exists.

    Raises:
        ValueError: If the file is damaged, or that of another model.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [mm_keras.tasks.regression("price")]
    >>> model = mm_keras.models.hard_sharing({"table": table}, tasks)
    >>> backup = mm_keras.training.Backup("backup.npz")
    >>> first = backup.restore(model)  # 0, as there is no file yet
    >>> train = mm_keras.data.from_arrays(
    ...     {"table": np.ones((6, 4))}, {"price": np.ones(6)}, tasks=tasks
    ... )
    >>> history = model.fit(
    ...     train, initial_epoch=first, epochs=2, callbacks=[backup], verbose=0
    ... )
    >>> backup.restore(model)
    2
    """

    def __init__(self, path):
        super().__init__()
        self.path = pathlib.Path(path)

    @property
    def epoch(self):
        """How many epochs are done: 0 where there is no file."""
        if not self.path.exists():
            return 0
        return int(self._read([EPOCH])[EPOCH])

    def restore(self, model):
        """Gives a model the state that the file holds.

        Args:
            model: The model as it was when the training began: compiled, with
                the same layers, optimizer and strategy.

        Returns:
            How many epochs are done. Without a file it is 0, and the model
            stays as it is.

        Raises:
            ValueError: If the file is damaged, or that of another model.
        """
        if not self.path.exists():
            return 0
        state, variables = self._read(), state_of(model)
        epoch = int(state.pop(EPOCH))
        found, expected = [
            [tuple(value.shape) for value in values]
            for values in (state.values(), variables)
        ]
        if found != expected:
            raise ValueError(
                f"{self.path} expects the model whose training it is from, "
                f"with {len(found)} variables. Received: one with "
                f"{len(expected)}, or of other shapes. Build the model as it "
                "was built then."
            )
        for variable, value in zip(variables, state.values(), strict=True):
            variable.assign(value)
        return epoch

    def on_epoch_end(self, epoch, logs=None):
        state = {
            f"variable_{number}": _to_numpy(variable)
            for number, variable in enumerate(state_of(self.model))
        }
        unfinished = self.path.with_suffix(".part")
        with open(unfinished, "wb") as file:
            np.savez(file, **{EPOCH: epoch + 1}, **state)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, self.path)

    def _read(self, names=None):
        """Returns arrays by name, in the order in which they were written."""
        try:
            with open(self.path, "rb") as file, np.load(file) as arrays:
                return {name: arrays[name] for name in names or arrays.files}
        except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(
                "Argument `path` of Backup expects a file that Backup has "
                f"written. Received: {self.path}, which is damaged or "
                "something else. Remove it to begin anew."
            ) from error


def state_of(model):
    """Returns all variables that a training changes, in a fixed order."""
    return [*model.variables, *model.optimizer.variables]


def _to_numpy(variable):
    """Half precision becomes float32, which NumPy can save, without loss."""
    dtype = keras.backend.standardize_dtype(variable.dtype)
    if dtype in ("bfloat16", "float16"):
        return ops.convert_to_numpy(ops.cast(variable, "float32"))
    return ops.convert_to_numpy(variable)
