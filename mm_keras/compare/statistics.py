"""From single runs to the rows of a table."""

import math

import numpy as np

from mm_keras import metrics
from mm_keras.compare.run import SINGLE


def spread(values):
    """Returns mean, standard deviation and range of numbers over seeds.

    The deviation is that of a sample (`n - 1`), and NaN for a single number.
    """
    values = [math.nan if value is None else value for value in values]
    return {
        "mean": float(np.mean(values)),
        "std": float(np.std(values, ddof=1)) if len(values) > 1 else math.nan,
        "min": float(np.min(values)),
        "max": float(np.max(values)),
        "values": values,
    }


def by_seed(runs, names, tasks):
    """Returns the test scores of one candidate, by seed.

    Args:
        runs: Records of the candidate. Those of single-task networks are
            joined.
        names: Names of the scores.
        tasks: Names of all tasks. A seed of which one lacks is left out.
    """
    found, seen = {}, {}
    for run in runs:
        own = {name: run["test"].get(name) for name in names}
        known = {
            name: value for name, value in own.items() if name in run["test"]
        }
        found.setdefault(run["seed"], {}).update(known)
        seen.setdefault(run["seed"], set()).update(run["tasks"])
    return {
        seed: scores
        for seed, scores in found.items()
        if seen[seed] == set(tasks)
    }


def row(name, seeds, parameters, times, baseline, scores):
    """Returns what there is to say about a candidate.

    Args:
        name: Name of the candidate.
        seeds: Dictionary from seed to its test scores, by name.
        parameters: Number of parameters.
        times: What `mm_keras.compare.times.measure` found, or None.
        baseline: Means of the single-task networks, by name, or None.
        scores: Dictionary from name to `"max"` or `"min"`.
    """
    higher = {score: way == "max" for score, way in scores.items()}
    changes = baseline and [
        metrics.relative_improvement(
            {s: math.nan if v is None else v for s, v in found.items()},
            baseline,
            higher_is_better=higher,
        )
        for found in seeds.values()
    ]
    return {
        "candidate": name,
        "seeds": list(seeds),
        "scores": {
            score: spread([found[score] for found in seeds.values()])
            for score in scores
        },
        "delta_m": spread(changes) if changes else None,
        "parameters": parameters,
        "step": times and ratio(times["step"]),
        "prediction_ms": times
        and 1000 * float(np.median(times["prediction"]["candidate"]["wall"])),
    }


def ratio(sides, clock="wall"):
    """Returns the median over rounds of candidate over reference."""
    top, bottom = (sides[side][clock] for side in ("candidate", "reference"))
    return float(np.median(np.divide(top, bottom)))


def baseline_of(seeds, scores):
    """Returns the means of the single-task networks, or None.

    None if there are none, or one is 0 or NaN: nothing can be set in relation
    to that.
    """
    if not seeds:
        return None
    means = {
        score: spread([found[score] for found in seeds.values()])["mean"]
        for score in scores
    }
    possible = all(mean and math.isfinite(mean) for mean in means.values())
    return means if possible else None


def parameters_of(runs):
    """Returns the number of parameters: of all its networks together."""
    return sum({tuple(r["tasks"]): r["parameters"] for r in runs}.values())


def rows(names, tasks, scores, runs, times):
    """Returns a row for each candidate with a seed that has all tasks."""
    own = {n: [r for r in runs if r["candidate"] == n] for n in names}
    seeds = {n: by_seed(own[n], scores, tasks) for n in names}
    baseline = baseline_of(seeds[SINGLE], scores)
    return [
        row(
            name,
            seeds[name],
            parameters_of(own[name]),
            times.get(name),
            baseline,
            scores,
        )
        for name in names
        if seeds[name]
    ]
