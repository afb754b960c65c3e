"""How long a training step and a prediction take, side by side."""

import itertools
import time

from keras import ops

from mm_keras import export
from mm_keras.compare import splits as splits_module

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def measure(models, reference, splits, rounds):
    """Measures a candidate beside another one, in turns.

    The speed of a machine drifts, so ratios are to be taken within a round.

    Args:
        models: List of the models of the candidate, one after the other.
        reference: The model that takes turns with them.
        splits: The `mm_keras.compare.splits.Splits`.
        rounds: Number of rounds that count.

    Returns:
        Dictionary with `"step"` and `"prediction"`, one training step and one
        decoded prediction of a batch; each a dictionary from `"candidate"` and
        `"reference"` to the seconds of every round, by `"wall"` and `"cpu"`.
    """
    batches, test = splits.train(), splits.test
    sides = {"candidate": models, "reference": [reference]}
    return {
        kind: take_turns(
            {
                side: [make(model, data) for model in group]
                for side, group in sides.items()
            },
            rounds,
        )
        for kind, make, data in [
            ("step", step, batches),
            ("prediction", prediction, test),
        ]
    }


def step(model, dataset):
    """Returns a function that trains on one batch, always the same."""
    batch = splits_module.restrict(dataset, model).take(1).cache().repeat()
    batches = iter(batch)
    model.make_train_function()

    def run():
        logs = model.train_function(batches)
        return ops.convert_to_numpy(logs["loss"])

    return run


def prediction(model, dataset):
    """Returns a function that predicts for one batch, always the same."""
    inputs = next(iter(splits_module.restrict(dataset, model)))[0]
    serving = export.serving_model(model)
    return lambda: serving.predict_on_batch(inputs)


def take_turns(sides, rounds, warmup=2):
    """Returns the seconds of every round, by side and clock.

    Args:
        sides: Dictionary from name to a list of functions.
        rounds: Number of rounds that count.
        warmup: Number of rounds before them, which compile.
    """
    taken = {side: {clock: [] for clock in CLOCKS} for side in sides}
    orders = itertools.cycle([list(sides), list(sides)[::-1]])
    for turn, order in zip(range(-warmup, rounds), orders, strict=False):
        for side in order:
            starts = {name: clock() for name, clock in CLOCKS.items()}
            for work in sides[side]:
                work()
            for name, clock in CLOCKS.items():
                if turn >= 0:
                    taken[side][name].append(clock() - starts[name])
    return taken
