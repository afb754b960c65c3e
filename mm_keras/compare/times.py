"""How long a training step and a prediction take, side by side."""

import itertools
import time

from keras import ops

from mm_keras import export
from mm_keras.compare import splits as splits_module

CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def works(models, splits):
    """Returns what is measured of a candidate.

    Args:
        models: List of its models, which take part one after the other.
        splits: The `mm_keras.compare.splits.Splits`.

    Returns:
        Dictionary from `"step"`, a training step, and `"prediction"`, a decoded
        prediction of a batch, to a list of functions.
    """
    batches = splits.train()
    return {
        "step": [step(model, batches) for model in models],
        "prediction": [prediction(model, splits.test) for model in models],
    }


def measure(candidate, reference, rounds):
    """Measures a candidate beside another one, in turns.

    The speed of a machine drifts, so ratios are to be taken within a round.

    Args:
        candidate, reference: What `works` returned of each.
        rounds: Number of rounds that count.

    Returns:
        Dictionary with `"step"` and `"prediction"`; each a dictionary from
        `"candidate"` and `"reference"` to the seconds of every round, by
        `"wall"` and `"cpu"`.
    """
    return {
        kind: take_turns(
            {"candidate": work, "reference": reference[kind]}, rounds
        )
        for kind, work in candidate.items()
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
