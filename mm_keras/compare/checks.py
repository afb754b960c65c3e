"""What a comparison expects, looked at before anything is trained."""

from mm_keras.compare.run import SINGLE
from mm_keras.training.average_precision import SCORES


def check(candidates, tasks, splits, scores, epochs, seeds):
    """Raises unless the arguments of `compare` fit each other."""
    check_candidates(candidates)
    check_tasks(tasks)
    check_scores(scores, tasks)
    check_numbers(epochs, seeds)
    check_train(splits.train)
    names = [task.name for task in tasks]
    check_labels("validation", splits.validation, names)
    check_labels("test", splits.test, names)


def check_candidates(candidates):
    fits = isinstance(candidates, dict) and candidates
    if (
        not fits
        or SINGLE in candidates
        or not all(map(callable, candidates.values()))
    ):
        raise ValueError(
            "Argument `candidates` of compare expects a dictionary from name, "
            f"other than {SINGLE!r}, to a function of a list of tasks. "
            f"Received: {candidates}. Pass for example {{'hard sharing': "
            "lambda tasks: mm_keras.models.hard_sharing(encoders(), tasks)}."
        )


def check_tasks(tasks):
    names = [task.name for task in tasks]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(
            "Argument `tasks` of compare expects at least two tasks with "
            f"different names. Received: {names}. With one task there is "
            "nothing to share."
        )


def check_scores(scores, tasks):
    """Raises unless every score is known, and every task has one."""
    offered = {task.name: offers(task) for task in tasks}
    known = [name for names in offered.values() for name in names]
    wrong = [
        name
        for name, way in scores.items()
        if name not in known or way not in ("max", "min")
    ]
    without = [
        task for task, names in offered.items() if not set(names) & set(scores)
    ]
    if wrong or without:
        raise ValueError(
            "Argument `scores` of compare expects a dictionary from score to "
            "'max' or 'min', with at least one for every task, among "
            f"{known}. Received: {scores}. "
            + (f"Change {wrong}. " if wrong else "")
            + (f"Add a score of {without}." if without else "")
        )


def offers(task):
    """Returns the names under which a task is measured."""
    measures = ["loss", *(metric.name for metric in task.make_metrics())]
    if task.target.kind == "boxes":
        measures += SCORES
    return [f"{task.name}_{measure}" for measure in measures]


def check_numbers(epochs, seeds):
    seeds = list(seeds)
    if epochs < 1 or not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(
            "compare expects at least one epoch and at least one seed, each "
            f"seed once. Received: epochs={epochs}, seeds={seeds}. Pass for "
            "example epochs=5, seeds=(0, 1, 2)."
        )


def check_train(train):
    if not callable(train):
        raise ValueError(
            "Argument `train` of compare expects a function without arguments "
            "that returns the batches, so that every run reads them from the "
            f"start. Received: {train}. Write `train=lambda: ...` before what "
            "makes the data set."
        )


def check_labels(argument, dataset, names):
    """Raises unless batches are dictionaries, with labels of every task."""
    spec = getattr(dataset, "element_spec", ())
    parts = spec if isinstance(spec, tuple) else ()
    if (
        len(parts) not in (2, 3)
        or not all(isinstance(part, dict) for part in parts)
        or not set(names) <= set(parts[1])
    ):
        raise ValueError(
            f"Argument `{argument}` of compare expects a data set of inputs, "
            "targets and, if there are any, sample weights, each a dictionary, "
            f"with targets of all tasks: {names}. Received: "
            f"{spec or dataset!r}. Load it with `tasks=tasks`, as "
            "`mm_keras.data.load` does."
        )


def check_any(runs, records, failures):
    """Raises if no candidate has a run to report."""
    done = {run.candidate for run in runs if records.get(run.name)}
    if not done - {SINGLE}:
        raise ValueError(
            "compare expects at least one candidate that can be trained. "
            f"Received errors from all of them: {failures}. Mend them, and "
            "call it again."
        )
