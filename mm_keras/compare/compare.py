import warnings

from mm_keras.compare import checks
from mm_keras.compare import run as run_module
from mm_keras.compare import times
from mm_keras.compare.comparison import Comparison
from mm_keras.compare.records import Records
from mm_keras.compare.run import Run
from mm_keras.compare.run import SINGLE
from mm_keras.compare.splits import Splits


def compare(
    candidates,
    tasks,
    *,
    train,
    validation,
    test,
    scores,
    epochs,
    seeds=(0, 1, 2),
    single=None,
    folder=None,
    rounds=20,
    verbose=1,
):
    """Trains candidates and single-task networks over seeds, and compares.

    ```
                    +-> single task: a network for each task -+
    seeds x tasks --+-> hard sharing -------------------------+-> train
                    +-> cross stitch -------------------------+     |
                                                                    v
             table <- test: report <- validation: choose the best epoch
    ```

    A run is one model from one seed. It is trained on `train`; the epoch with
    the lowest sum of the weighted losses of its tasks on `validation` is kept;
    its scores on `test` are reported. Nothing is chosen on `test`. All runs of
    a seed see the data in the same order, and a run is the same whatever ran
    before it.

    Args:
        candidates: Dictionary from name to a function of a list of tasks that
            returns a compiled `mm_keras.MultiTaskModel` with everything in it
            new: encoders and optimizer too. Times are relative to the first.
        tasks: List of `mm_keras.tasks.Task`.
        train: Function without arguments that returns the batches to train on,
            such as `lambda: mm_keras.data.load("digit_scenes", "train",
            tasks=tasks)`. It is called for every run, after its seed is set: a
            data set that was read before would go on to another order.
        validation: Batches to choose on, with the labels of all tasks.
        test: Batches to report on.
        scores: What to report: a dictionary from name in the logs, as
            `mm_keras.training.evaluate` gives it, to `"max"` or `"min"`, which
            way is better; at least one for every task. For example
            `{"digits_ap": "max", "count_mae": "min"}`.
        epochs: Number of epochs of every run.
        seeds: Seeds, whole numbers. Fewer than three say little.
        single: Function as in `candidates`, called with one task at a time, for
            the baselines. None takes the first candidate.
        folder: Folder where every finished run is written at once. Called
            again with the same folder, only what is missing is trained; code
            of candidates and data has to be the same, which nobody checks.
            TensorFlow frees no graph of a model that was trained: a long
            comparison takes less memory in several calls from new processes,
            such as with one seed, then two.
        rounds: Number of rounds of measuring times; 0 leaves times out.
        verbose: 1 prints a line for every run, 0 nothing.

    Returns:
        A `mm_keras.compare.Comparison`. A candidate that fails is left out
        with a warning, and named in the result; the others are kept.

    Raises:
        ValueError: If an argument does not fit the others, the folder holds
            other runs, or no candidate can be trained.

    Example:

    >>> tasks = [
    ...     mm_keras.tasks.regression("width"),
    ...     mm_keras.tasks.regression("height"),
    ... ]
    >>> rows = np.random.default_rng(0).normal(size=(32, 4))
    >>> def load():
    ...     return mm_keras.data.from_arrays(
    ...         {"table": rows},
    ...         {"width": rows[:, 0], "height": rows[:, 1]},
    ...         tasks=tasks,
    ...     )
    >>> def encoders():
    ...     return {"table": mm_keras.encoders.mlp(4, units=(8,))}
    >>> comparison = mm_keras.compare.compare(
    ...     {
    ...         "hard sharing": lambda tasks: mm_keras.models.hard_sharing(
    ...             encoders(), tasks
    ...         ),
    ...         "independent": lambda tasks: mm_keras.models.independent(
    ...             encoders(), tasks
    ...         ),
    ...     },
    ...     tasks,
    ...     train=load,
    ...     validation=load(),
    ...     test=load(),  # three different splits in earnest
    ...     scores={"width_mae": "min", "height_mae": "min"},
    ...     epochs=1,
    ...     seeds=(0, 1),
    ...     rounds=0,
    ...     verbose=0,
    ... )
    >>> [row["candidate"] for row in comparison.rows]
    ['single task', 'hard sharing', 'independent']
    """
    splits = Splits(train, validation, test)
    checks.check(candidates, tasks, splits, scores, epochs, seeds)
    builders = {SINGLE: single or next(iter(candidates.values())), **candidates}
    settings = {
        "tasks": [[t.name, t.target.kind, t.weight] for t in tasks],
        "scores": dict(scores),
        "epochs": epochs,
    }
    records = Records(folder, settings)
    runs = plan(candidates, tasks, seeds)
    failures = train_all(
        runs, builders, tasks, splits, epochs, records, verbose
    )
    checks.check_any(runs, records, failures)
    taken = {}
    if rounds:
        taken = measure_all(
            builders, tasks, splits, rounds, records, set(failures)
        )
    return Comparison(
        names=list(builders),
        tasks=[task.name for task in tasks],
        scores=dict(scores),
        epochs=epochs,
        seeds=list(seeds),
        runs=[r for r in map(records.get, [run.name for run in runs]) if r],
        times=taken,
        failures=failures,
    )


def plan(candidates, tasks, seeds):
    """Returns the runs, seed by seed."""
    names = tuple(task.name for task in tasks)
    runs = []
    for seed in seeds:
        runs += [Run(SINGLE, (name,), seed) for name in names]
        runs += [Run(candidate, names, seed) for candidate in candidates]
    return runs


def train_all(runs, builders, tasks, splits, epochs, records, verbose):
    """Trains what has no record yet; returns what failed, by candidate."""
    failures = {}
    for run in runs:
        if run.candidate in failures or records.get(run.name) is not None:
            continue
        build = builders[run.candidate]
        own = [task for task in tasks if task.name in run.tasks]
        try:
            found = run_module.train(run, build, own, splits, epochs)
        except Exception as error:
            failures[run.candidate] = tell_failure(run, error, runs, records)
            continue
        records.put(run.name, found)
        if verbose:
            print(line(run, found, epochs), flush=True)
    return failures


def tell_failure(run, error, runs, records):
    """Warns that a candidate is left out; returns why, in a sentence."""
    kept = sum(records.get(other.name) is not None for other in runs)
    text = f"{run.name}: {type(error).__name__}: {error}"
    warnings.warn(
        f"{text}\nThe candidate is left out from here on. "
        f"{kept} finished runs are kept"
        f"{'' if records.folder is None else f' in {records.folder}'}.",
        stacklevel=4,
    )
    return text


def line(run, found, epochs):
    """Returns a line about a run that has finished."""
    loss = found["validation_losses"][found["epoch"] - 1]
    return (
        f"{run.name}: epoch {found['epoch']} of {epochs}, validation loss "
        f"{loss:.4f}, {found['seconds']:.0f} s"
    )


def measure_all(builders, tasks, splits, rounds, records, left_out):
    """Measures what has no times yet; returns times by candidate.

    There are none where the first candidate, beside which all are measured,
    is left out.
    """
    first = next(name for name in builders if name != SINGLE)
    if first in left_out:
        return {}
    groups = {**dict.fromkeys(builders, [tasks]), SINGLE: [[t] for t in tasks]}

    def works(name):
        made = [run_module.make(builders[name], own, 0) for own in groups[name]]
        return times.works(made, splits)

    keys = {
        name: f"times of {name} beside {first}"
        for name in builders
        if name not in left_out
    }
    missing = [name for name, key in keys.items() if records.get(key) is None]
    reference = works(first) if missing else None
    for name in missing:
        candidate = reference if name == first else works(name)
        found = times.measure(candidate, reference, rounds)
        records.put(keys[name], found)
    return {name: records.get(key) for name, key in keys.items()}
