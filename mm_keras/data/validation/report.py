import collections
import dataclasses
import json

from mm_keras.data.faults import Fault
from mm_keras.data.faults import Faults
from mm_keras.data.validation import report_text


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """What `mm_keras.data.validate` has found.

    Printed, it is a text for the terminal: the faults by sample and field, how
    many there are of each kind, and the classes of each task and split.

    Args:
        samples: Dictionary from the name of a split to its number of samples.
        findings: List of `mm_keras.data.validation.batch.Finding`.
        counts: Dictionary by task and split of
            `mm_keras.data.validation.shares.Share`.
        names: Dictionary from the name of a split to the names of its samples,
            such as files; without a key where they have none.

    Example:

    >>> task = mm_keras.tasks.classification("digit", 10)
    >>> batch = {"table": np.eye(2)}, {"digit": np.array([3, 12])}
    >>> report = mm_keras.data.validate([batch], [task])
    >>> report.ok, len(report.faults), report.worst(1)
    (False, 1, [('data', 1)])
    """

    samples: dict
    findings: list
    counts: dict
    names: dict = dataclasses.field(default_factory=dict)

    @property
    def ok(self):
        """Whether there is no fault at all."""
        return not self.findings

    @property
    def faults(self):
        """The faults, as `mm_keras.data.Faults`."""
        return Faults(
            Fault(f.sample or self.name(f.split, f.row), f.field, f.problem)
            for f in self.findings
        )

    def name(self, split, row):
        """Returns the name of a sample: `train[17]`, and its file if known."""
        if row is None:
            return split
        names = self.names.get(split)
        file = "" if names is None else f" {names[row]}"
        return f"{split}[{row}]{file}"

    def worst(self, count=None):
        """Returns the samples with most faults, as pairs `(split, row)`."""
        faults = collections.Counter(
            (f.split, f.row) for f in self.findings if f.row is not None
        )
        return [place for place, _ in faults.most_common(count)]

    def of(self, split, row):
        """Returns what is wrong with a sample: pairs `(field, problem)`."""
        return [
            (f.field, f.problem)
            for f in self.findings
            if (f.split, f.row) == (split, row)
        ]

    def kinds(self):
        """Returns the numbers of faults of each kind.

        Returns:
            Dictionary from `(field, kind)` to a dictionary from the name of a
            split to the number of faults.
        """
        kinds = {}
        for found in self.findings:
            row = kinds.setdefault((found.field, found.rule), {})
            row[found.split] = row.get(found.split, 0) + 1
        return kinds

    def to_dict(self):
        """Returns all of the report in plain dictionaries, lists and numbers.

        Returns:
            Dictionary of `ok`, `samples` (by split), `faults` (a list), and
            `labels` (by task and split: `samples`, `labelled`, `classes`).
        """
        faults = [
            {**dataclasses.asdict(found), "sample": fault.sample}
            for found, fault in zip(self.findings, self.faults, strict=True)
        ]
        labels = {
            task: {
                split: {
                    "samples": share.samples,
                    "labelled": share.labelled,
                    "classes": share.classes.tolist(),
                }
                for split, share in by_split.items()
            }
            for task, by_split in self.counts.items()
        }
        return {
            "ok": self.ok,
            "samples": self.samples,
            "faults": faults,
            "labels": labels,
        }

    def to_json(self):
        """Returns what `to_dict` does as a text in JSON."""
        return json.dumps(self.to_dict(), indent=2)

    def __str__(self):
        return report_text.describe(self)
