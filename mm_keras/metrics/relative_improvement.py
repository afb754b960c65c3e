import math


def relative_improvement(scores, baseline, *, higher_is_better):
    """Change against single-task networks in percent, `delta_m`.

    ```
    delta_m = 100 / M * sum over m of sign_m * (score_m - base_m) / |base_m|
    sign_m = -1 where higher is better, +1 where lower is better
    ```

    The sign is that of the literature, in which `delta_m` is a cost: **a
    negative number is an improvement, a positive one says that the tasks got
    worse together**. Every score counts the same, so a task with more scores
    counts more.

    Args:
        scores: Dictionary from name to number: what a multi-task model
            reached.
        baseline: The same of single-task models, none of them 0.
        higher_is_better: Dictionary from name to bool, or one bool for all.

    Returns:
        A float, percent. NaN if a score is.

    Raises:
        ValueError: If there is no score, names differ, or something cannot be
            set in relation to a baseline of 0, NaN or infinity.

    Example:

    >>> change = mm_keras.metrics.relative_improvement(
    ...     {"accuracy": 0.88, "error": 1.8},
    ...     {"accuracy": 0.80, "error": 2.0},
    ...     higher_is_better={"accuracy": True, "error": False},
    ... )
    >>> round(change, 6)  # accuracy and error are each better by a tenth
    -10.0

    Reference:
        [Maninis et al., 2019](https://arxiv.org/abs/1904.08918).
    """
    if isinstance(higher_is_better, bool):
        higher_is_better = dict.fromkeys(scores, higher_is_better)
    _check_names("baseline", baseline, scores)
    _check_names("higher_is_better", higher_is_better, scores)
    _check_baseline(baseline)
    changes = [
        (-1 if higher_is_better[name] else 1)
        * (scores[name] - baseline[name])
        / abs(baseline[name])
        for name in scores
    ]
    return float(100 * sum(changes) / len(changes))


def _check_names(argument, given, scores):
    if not scores or set(given) != set(scores):
        raise ValueError(
            f"Argument `{argument}` of relative_improvement expects the names "
            f"of the scores, at least one: {sorted(scores)}. Received: "
            f"{sorted(given)}. Give each score under the same name in all "
            "arguments."
        )


def _check_baseline(baseline):
    """Raises unless something can be set in relation to every number."""
    impossible = {
        name: value
        for name, value in baseline.items()
        if value == 0 or not math.isfinite(value)
    }
    if impossible:
        raise ValueError(
            "Argument `baseline` of relative_improvement expects finite "
            f"numbers other than 0. Received: {impossible}. Leave these "
            "scores out of both arguments, or train the baseline longer."
        )
