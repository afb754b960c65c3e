"""How the benchmarks measure: blocks in turn, medians, intervals.

Speeds of a machine drift while a benchmark runs, so what is compared runs in
short blocks that take turns, and ratios are taken within a round.
"""

import dataclasses
import time

import numpy as np

CLOCKS = (time.perf_counter, time.process_time)


@dataclasses.dataclass(frozen=True)
class Seconds:
    """What each round of one block took.

    Args:
        wall: Seconds on the wall clock, an array of shape `(rounds,)`.
        cpu: Seconds of all processor cores together, of the same shape.
    """

    wall: np.ndarray
    cpu: np.ndarray

    def __add__(self, other):
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A median and its 95 % interval."""

    middle: float
    low: float
    high: float

    def text(self, digits=2):
        """Returns `1.02 (1.01 to 1.04)`."""
        middle, low, high = (
            f"{value:.{digits}f}" for value in dataclasses.astuple(self)
        )
        return f"{middle} ({low} to {high})"


def timed(work, clocks=CLOCKS):
    """Returns a block: a function that does `work` and returns its seconds.

    Args:
        work: Function without arguments. What it returns is ignored.
        clocks: Two functions that return seconds, of wall and processor.
    """

    def block():
        starts = [clock() for clock in clocks]
        work()
        wall, cpu = (
            clock() - start for clock, start in zip(clocks, starts, strict=True)
        )
        return wall, cpu

    return block


def interleave(blocks, rounds, *, warmup=1, seed=0):
    """Runs blocks in turn, in another order every round.

    Args:
        blocks: Dictionary from name to function that returns its seconds of
            wall and processor, see `timed`.
        rounds: Number of rounds that count. At least 20 for a result.
        warmup: Number of rounds before them, which do not.
        seed: Seed of the orders.

    Returns:
        Dictionary from name to `Seconds`.
    """
    rng = np.random.default_rng(seed)
    taken = {name: [] for name in blocks}
    for _ in range(warmup + rounds):
        for name in rng.permutation(list(blocks)):
            taken[name].append(blocks[name]())
    return {
        name: Seconds(*np.array(values[warmup:], "float64").T)
        for name, values in taken.items()
    }


def join(runs):
    """Returns the `Seconds` of several calls of `interleave` as those of one.

    Args:
        runs: List of dictionaries from name to `Seconds`.
    """
    return {
        name: Seconds(
            np.concatenate([run[name].wall for run in runs]),
            np.concatenate([run[name].cpu for run in runs]),
        )
        for name in runs[0]
    }


def median(values, *, samples=2000, seed=0):
    """Returns the median of an array, with a bootstrap interval of 95 %."""
    values = np.asarray(values, "float64")
    rng = np.random.default_rng(seed)
    drawn = rng.choice(values, (samples, len(values)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return Estimate(float(np.median(values)), float(low), float(high))


def ratio(top, bottom):
    """Returns the median over rounds of `top / bottom`, two arrays."""
    return median(np.asarray(top) / np.asarray(bottom))


def held(estimate, *, at_most=None, at_least=None, digits=3):
    """Returns an estimate and whether it meets a target, as text.

    A target is met if the interval reaches it. Where the machine was busy, the
    interval of the wall clock is wide and reaches much: see that of the
    processor then.
    """
    if at_most is not None:
        met = estimate.low <= at_most
    else:
        met = estimate.high >= at_least
    return f"{estimate.text(digits)} {'met' if met else 'missed'}"


def table(title, columns, rows):
    """Returns a table in markdown under a heading."""
    lines = [columns, ["---"] * len(columns), *rows]
    body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"### {title}\n\n{body}\n"


def milliseconds(seconds, count=1):
    """Returns the median of seconds per `count`, as `12.3 ms`."""
    return f"{1000 * np.median(seconds) / count:.1f} ms"
