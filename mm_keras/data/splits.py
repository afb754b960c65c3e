"""Divides labelled rows between training, validation and test."""

import numpy as np

from mm_keras.data.label_presence import label_presence
from mm_keras.data.label_presence import num_rows
from mm_keras.data.stratification import add_up
from mm_keras.data.stratification import count_rows
from mm_keras.data.stratification import number_units
from mm_keras.data.stratification import stratify

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def split(targets, *, tasks, shares=None, groups=None, seed=0):
    """Divides rows into splits in which all tasks have their classes.

    Every task is stratified at once: the classes of classification, of
    multi-label, of boxes and of masks, and the rows that are labelled at all
    keep their shares, as nearly as whole rows allow. The same arguments give
    the same splits.

    Args:
        targets: Labels by task, in the form that `mm_keras.data.from_arrays`
            takes (a table of pandas will do); or a list of such dictionaries,
            one for each row; or a data set of batches, loaded with
            `shuffle=False`. Tasks or rows may be unlabelled: a missing key,
            None, or the missing values of `mm_keras.data.fill_unlabelled`.
        tasks: List of `mm_keras.tasks.Task`. An empty list stratifies nothing.
        shares: Dictionary from the name of a split to its share; they add up
            to 1. None means 0.8 "train", 0.1 "validation" and 0.1 "test".
        groups: What each row belongs to, such as a patient or a film, an array
            of ids `(rows,)`. All rows of a group come into the same split.
        seed: Seed of all that the labels leave open.

    Returns:
        Dictionary from the name of a split to the numbers of its rows, a
        sorted integer array.

    Raises:
        ValueError: If lengths or shares do not fit, or a split would be empty.

    Example:

    >>> digits = np.repeat([0, 1], [80, 20])
    >>> task = mm_keras.tasks.classification("digit", 2)
    >>> rows = mm_keras.data.split({"digit": digits}, tasks=[task])
    >>> {name: np.bincount(digits[r]).tolist() for name, r in rows.items()}
    {'train': [64, 16], 'validation': [8, 2], 'test': [8, 2]}
    """
    presence = label_presence(targets, tasks)
    return _split(targets, presence, shares, groups, seed)


def folds(targets, *, tasks, num_folds=5, groups=None, seed=0):
    """Divides rows for cross-validation: each is held out once.

    The folds are stratified over all tasks, and keep groups together, as
    `mm_keras.data.split` does.

    Args:
        targets: Labels by task; see `mm_keras.data.split`.
        tasks: List of `mm_keras.tasks.Task`.
        num_folds: Number of folds, at least 2.
        groups: What each row belongs to, `(rows,)`, or None.
        seed: Seed of all that the labels leave open.

    Returns:
        List with a pair `(train, validation)` for each fold: the numbers of
        the rows to train on and of those held out, sorted integer arrays.

    Raises:
        ValueError: If lengths do not fit, or there are too few rows or groups.

    Example:

    >>> targets = {"digit": np.arange(10) % 2}
    >>> task = mm_keras.tasks.classification("digit", 2)
    >>> folds = mm_keras.data.folds(targets, tasks=[task], num_folds=5)
    >>> [len(validation) for train, validation in folds]
    [2, 2, 2, 2, 2]
    """
    if not isinstance(num_folds, int) or num_folds < 2:
        raise ValueError(
            "Argument `num_folds` of folds expects an integer of at least 2. "
            f"Received: num_folds={num_folds!r}. For a single split see "
            "`mm_keras.data.split`."
        )
    shares = dict.fromkeys(range(num_folds), 1 / num_folds)
    presence = label_presence(targets, tasks)
    held_out = _split(targets, presence, shares, groups, seed)
    rows = np.arange(sum(map(len, held_out.values())))
    return [(np.setdiff1d(rows, part), part) for part in held_out.values()]


def split_by_task(targets, *, tasks, shares=None, groups=None, seed=0):
    """Divides rows into splits, and lists the labelled ones of each task.

    For tasks that are labelled in different parts of the data: each task gets
    the rows that it can learn from, in the right shares, and no row that one
    task is tested on is one that another has been trained on.

    Args:
        targets: Labels by task; see `mm_keras.data.split`.
        tasks: List of `mm_keras.tasks.Task`.
        shares: Dictionary from the name of a split to its share.
        groups: What each row belongs to, `(rows,)`, or None.
        seed: Seed of all that the labels leave open.

    Returns:
        Dictionary from the name of a task to a dictionary from the name of a
        split to the numbers of the rows, sorted integer arrays.

    Raises:
        ValueError: See `mm_keras.data.split`.

    Example:

    >>> digits = np.repeat([0, 1, -1], 20)  # The last 20 have only a weight.
    >>> weights = np.repeat([np.nan, 0.5, 0.5], 20)
    >>> tasks = [
    ...     mm_keras.tasks.classification("digit", 2),
    ...     mm_keras.tasks.regression("weight"),
    ... ]
    >>> rows = mm_keras.data.split_by_task(
    ...     {"digit": digits, "weight": weights},
    ...     tasks=tasks,
    ...     shares={"train": 0.75, "test": 0.25},
    ... )
    >>> {task: len(rows[task]["test"]) for task in rows}
    {'digit': 10, 'weight': 10}
    """
    presence = label_presence(targets, tasks)
    rows = _split(targets, presence, shares, groups, seed)
    return {
        task: {
            name: part[labelled[part]] if len(labelled) else part[:0]
            for name, part in rows.items()
        }
        for task, (labelled, _) in presence.items()
    }


def _split(targets, presence, shares, groups, seed):
    """Returns the numbers of the rows of each split."""
    shares = dict(SHARES if shares is None else shares)
    _check_shares(shares)
    rows = None if presence else num_rows(targets)
    counts = count_rows(presence, groups, rows)
    units = number_units(len(counts), groups)
    counts = add_up(counts, units)
    assigned = stratify(counts, list(shares.values()), seed=seed)
    _check_parts(assigned, shares, "rows" if groups is None else "groups")
    return {
        name: np.flatnonzero(assigned[units] == part)
        for part, name in enumerate(shares)
    }


def _check_shares(shares):
    values = list(shares.values())
    good = all(value > 0 for value in values) and len(values) > 1
    if not good or abs(sum(values) - 1) > 1e-6:
        raise ValueError(
            "Argument `shares` expects two or more numbers above 0 that add up "
            f"to 1. Received: shares={shares!r}. An example: "
            "{'train': 0.8, 'test': 0.2}."
        )


def _check_parts(assigned, shares, what):
    """Raises if one of the splits got nothing."""
    empty = [
        name for part, name in enumerate(shares) if not np.any(assigned == part)
    ]
    if empty:
        raise ValueError(
            f"Splits of shares {shares} expect at least one of the {what} "
            f"each. Received: {len(assigned)} {what}, none of which falls to "
            f"{empty}. Give more {what}, or fewer or larger shares."
        )
