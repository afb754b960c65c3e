import dataclasses
import json
import math

from mm_keras.compare import picture
from mm_keras.compare import statistics
from mm_keras.compare.records import plain
from mm_keras.compare.run import SINGLE


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What `mm_keras.compare.compare` found.

    Args:
        names: Names of all candidates, first `"single task"`.
        tasks: Names of the tasks.
        scores: Dictionary from name to `"max"` or `"min"`.
        epochs: Number of epochs of every run.
        seeds: The seeds that were asked for.
        runs: List of the records of all finished runs.
        times: Dictionary from candidate to its seconds, beside those of the
            first one.
        failures: Dictionary from candidate to why it was left out.

    Example:

    ```python
    comparison = mm_keras.compare.compare(candidates, tasks, ...)
    print(comparison.table())
    comparison.plot().savefig("comparison.png")
    pathlib.Path("comparison.json").write_text(comparison.to_json())
    ```
    """

    names: list
    tasks: list
    scores: dict
    epochs: int
    seeds: list
    runs: list
    times: dict
    failures: dict

    @property
    def rows(self):
        """A dictionary for each candidate, in their order.

        - candidate, seeds: its name, and the seeds that were finished.
        - scores: by name, `"mean"`, `"std"`, `"min"`, `"max"` and `"values"`
          on the test data.
        - delta_m: the same of `mm_keras.metrics.relative_improvement` against
          the means of the single-task networks, negative is better; None where
          they have none.
        - parameters: of all its networks together.
        - step, prediction_ms: time of a training step relative to the first
          candidate, and of a decoded prediction of one batch; None where they
          were not measured.
        """
        return statistics.rows(
            self.names, self.tasks, self.scores, self.runs, self.times
        )

    def table(self):
        """Returns the rows as a table in markdown, with what to know of it."""
        rows = self.rows
        header = ["", *(f"{s} ({way})" for s, way in self.scores.items())]
        header += ["delta_m, % (min)", "parameters"]
        if self.times:
            header += ["step time", "prediction, ms"]
        lines = [header, ["---"] * len(header)]
        lines += [self._cells(row) for row in rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        notes = "\n".join(f"- {note}" for note in self._notes(rows))
        return f"{body}\n\n{notes}\n"

    def _cells(self, row):
        cells = [row["candidate"]]
        cells += [cell(row["scores"][score], "{:.3f}") for score in self.scores]
        delta = row["delta_m"]
        cells.append("none" if delta is None else cell(delta, "{:+.1f}"))
        cells.append(f"{row['parameters']:,}")
        if self.times:
            missing = row["step"] is None
            cells.append("none" if missing else f"{row['step']:.2f}")
            cells.append("none" if missing else f"{row['prediction_ms']:.1f}")
        return cells

    def _notes(self, rows):
        """Yields what has to be known to read the table."""
        yield (
            "Test data: mean ± standard deviation (lowest to highest) of "
            f"{len(self.seeds)} seed(s), {self.epochs} epoch(s); of each run "
            "the epoch with the lowest weighted loss on the validation data."
        )
        yield (
            "delta_m: mean relative change of the scores against the means of "
            f"`{SINGLE}`, negative is better."
        )
        if self.times:
            first = next(name for name in self.names if name != SINGLE)
            yield (
                f"Times: a training step relative to `{first}`, a decoded "
                f"prediction of one batch; `{SINGLE}` is the sum of its "
                "networks."
            )
        singles = [row["scores"] for row in rows if row["candidate"] == SINGLE]
        if any(row["delta_m"] is None for row in rows):
            yield f"There is no delta_m: {why_none(singles)}."
        for row in rows:
            if len(row["seeds"]) < len(self.seeds):
                yield f"`{row['candidate']}` has the seeds {row['seeds']} only."
        for text in self.failures.values():
            yield f"Left out: {text}"

    def to_json(self):
        """Returns everything as JSON: rows, each run, seconds and failures."""
        content = {**dataclasses.asdict(self), "rows": self.rows}
        return json.dumps(plain(content), indent=2, allow_nan=False)

    def plot(self):
        """Draws every score, and `delta_m`: a point a seed, a line the mean.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        return picture.draw(self.rows, self.scores)


def cell(values, form):
    """Returns `0.81 ± 0.01 (0.80 to 0.82)`; of one seed, the number alone."""
    mean, std, low, high = (
        form.format(values[key]) for key in ("mean", "std", "min", "max")
    )
    if math.isnan(values["std"]):
        return mean
    return f"{mean} ± {std.removeprefix('+')} ({low} to {high})"


def why_none(singles):
    """Says why nothing can be set in relation to the single-task networks."""
    if not singles:
        return f"`{SINGLE}` has no seed with all tasks"
    without = [
        name
        for name, values in singles[0].items()
        if values["mean"] == 0 or math.isnan(values["mean"])
    ]
    return f"`{SINGLE}` has 0 or nothing in {', '.join(without)}"
