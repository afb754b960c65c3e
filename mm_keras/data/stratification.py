"""Gives rows, or groups of them, to parts in which all labels have shares."""

import numpy as np


def stratify(counts, shares, *, seed):
    """Gives units to parts so that every column keeps its shares.

    In the manner of Sechidis et al. the rarest goes first. The next unit goes
    where it brings the columns nearest to what they should have:

    ```
    sum over columns (have - share)^2 / share
    ```

    with `have` the part of the column's total that is there already. So units
    of any size, groups as well as rows, are served by one rule.

    Args:
        counts: How much of what is counted is in each unit, `(units, columns)`,
            at least 0.
        shares: The share of each part, `(parts,)`, of sum 1.
        seed: Seed of the order among units that are equally rare.

    Returns:
        Number of the part of each unit, `(units,)`.

    Reference:
        Sechidis, Tsoumakas, Vlahavas, "On the Stratification of Multi-label
        Data", ECML PKDD 2011.
    """
    totals = np.sum(counts, axis=0)
    parts = counts[:, totals > 0] / totals[totals > 0]
    shares = np.asarray(shares, "float64")[:, None]
    have = np.zeros((len(shares), parts.shape[1]))
    assigned = np.empty(len(parts), "int64")
    for unit in _rarest_first(parts, seed):
        part = parts[unit]
        worse = ((2 * (have - shares) + part) * part / shares).sum(axis=1)
        assigned[unit] = np.argmin(worse)
        have[assigned[unit]] += part
    return assigned


def _rarest_first(parts, seed):
    """Units in the order of the largest part of any column that they hold."""
    order = np.random.default_rng(seed).permutation(len(parts))
    rarity = parts.max(axis=1, initial=0)
    return order[np.argsort(-rarity[order], kind="stable")]


def count_rows(presence, groups=None, rows=None):
    """Returns what is counted of each row: itself, its labels, its classes.

    Args:
        presence: Dictionary by task of what `class_presence` returns, of no
            rows where a task has no labels at all.
        groups: The group of each row, or None.
        rows: Number of rows, where nothing else says it.

    Returns:
        Array of zeros and ones, `(rows, columns)`.

    Raises:
        ValueError: If there are no rows, or lengths differ.
    """
    lengths = {name: len(part[0]) for name, part in presence.items()}
    if groups is not None:
        lengths["groups"] = len(groups)
    if rows is not None:
        lengths["rows"] = rows
    lengths = {name: length for name, length in lengths.items() if length}
    if len(set(lengths.values())) != 1:
        raise ValueError(
            "Splits expect labels, or groups, of one number of rows. Received: "
            f"{lengths or 'no rows'}. Mark missing labels by -1, NaN or None."
        )
    (rows,) = set(lengths.values())
    columns = [np.ones((rows, 1))]
    for labelled, present in presence.values():
        if len(labelled):
            columns += [labelled[:, None], present]
    return np.concatenate(columns, axis=1, dtype="float64")


def number_units(rows, groups=None):
    """Returns the number of the unit of each row: of its group, or its own.

    Raises:
        ValueError: If the group of a row is NaN.
    """
    if groups is None:
        return np.arange(rows)
    unknown = [row for row, group in enumerate(groups) if group != group]
    if unknown:
        raise ValueError(
            "Argument `groups` expects an id for each row. Received: NaN in "
            f"{len(unknown)} rows, the first is row {unknown[0]}. Give each of "
            "them a group of its own, or one to all."
        )
    # In the order of their first row: sets have another in each process.
    numbers = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return np.array([numbers[group] for group in groups])


def add_up(counts, units):
    """Adds what is counted of the rows of each unit, `(units, columns)`."""
    sums = np.zeros((max(units) + 1, counts.shape[1]))
    np.add.at(sums, units, counts)
    return sums
