import dataclasses
import time

import keras

from mm_keras import training
from mm_keras.compare import splits as splits_module
from mm_keras.compare.best_epoch import BestEpoch

SINGLE = "single task"


@dataclasses.dataclass(frozen=True)
class Run:
    """One training of a comparison.

    Args:
        candidate: Name of the candidate, or `SINGLE`.
        tasks: Names of the tasks of the model.
        seed: Seed of weights and data.
    """

    candidate: str
    tasks: tuple
    seed: int

    @property
    def name(self):
        """What messages and files call it."""
        tasks = self.tasks if self.candidate == SINGLE else ()
        return " ".join([self.candidate, *tasks, "seed", str(self.seed)])


def train(run, build, tasks, splits, epochs):
    """Trains a model, chooses its best epoch, and reports.

    The order of the data follows from the seed alone, and is drawn before the
    weights: it is the same for all candidates.

    Args:
        run: The `Run`.
        build: Function of a list of tasks that returns a compiled model.
        tasks: List of the tasks of this run.
        splits: The `mm_keras.compare.splits.Splits`.
        epochs: Number of epochs.

    Returns:
        A record of plain numbers: what the best epoch reached on validation
        and test data, and what it took.
    """
    started = time.monotonic()
    batches = splits.load_train(run.seed)
    model = make(build, tasks, run.seed)
    best = BestEpoch(model.tasks)
    fit(model, batches, splits.validation, epochs, best)
    best.restore()
    test = splits_module.restrict(splits.test, model)
    return {
        **dataclasses.asdict(run),
        "tasks": list(run.tasks),
        "epoch": best.epoch + 1,
        "validation_losses": best.losses,
        "validation": best.scores,
        "test": training.evaluate(model, test),
        "parameters": model.count_params(),
        "seconds": round(time.monotonic() - started, 1),
    }


def make(build, tasks, seed):
    """Returns the model of a candidate, with weights that a seed decides."""
    keras.utils.set_random_seed(seed)
    model = build(tasks)
    expected = {task.name for task in tasks}
    if (
        not isinstance(model, training.MultiTaskModel)
        or set(model.output) != expected
        or not model.compiled
    ):
        raise ValueError(
            "A candidate expects to return a compiled mm_keras.MultiTaskModel "
            f"with the tasks {sorted(expected)}. Received: "
            f"{getattr(model, 'output', model)}. Pass on the list of tasks "
            "that it is called with, as in `lambda tasks: "
            "mm_keras.models.hard_sharing(encoders(), tasks)`."
        )
    return model


def fit(model, batches, validation, epochs, best):
    """Trains a model, with average precision in its logs where it detects."""
    validation = splits_module.restrict(validation, model)
    detects = any(task.target.kind == "boxes" for task in model.tasks)
    precision = [training.AveragePrecision(validation)] if detects else []
    model.fit(
        splits_module.restrict(batches, model),
        validation_data=validation,
        epochs=epochs,
        callbacks=[*precision, best],
        verbose=0,
    )
