"""The text of a report, and the tables that it is made of."""

import collections

from mm_keras.data.faults import Faults
from mm_keras.data.validation.shares import largest_difference

# As many faults of a kind are printed; the rest is counted.
EACH = 5


def describe(report):
    """Returns a `mm_keras.data.Report` as text for the terminal."""
    counts = [f"{split}: {n} samples" for split, n in report.samples.items()]
    parts = [", ".join(counts)]
    if report.counts:
        parts.append(align(label_table(report)))
    if lines := differences(report):
        parts.append("\n".join(lines))
    if report.ok:
        return "\n\n".join([*parts, "No faults."])
    places = len(report.faults.samples)
    return "\n\n".join(
        [
            *parts,
            fault_table(report),
            align(kind_table(report)),
            f"{len(report.findings)} faults in {places} samples or splits.",
        ]
    )


def fault_table(report):
    """Returns the first faults of each kind, by sample and field, as text."""
    seen, shown = collections.Counter(), Faults()
    for found, fault in zip(report.findings, report.faults, strict=True):
        kind = found.split, found.field, found.rule
        if seen[kind] < EACH:
            shown.append(fault)
        seen[kind] += 1
    hidden = len(report.faults) - len(shown)
    more = f"\n... and {hidden} more, in `faults`" if hidden else ""
    return shown.table() + more


def kind_table(report):
    """Returns how many faults of each kind a split has, as rows."""
    splits = list(report.samples)
    rows = [
        [field, kind, *(str(found.get(split, 0)) for split in splits)]
        for (field, kind), found in report.kinds().items()
    ]
    return [["field", "kind of fault", *splits], *rows]


def label_table(report):
    """Returns what the labels of each task are in a split, as rows."""
    rows = [
        [task, split, str(share.labelled), *_describe_classes(share)]
        for task, by_split in report.counts.items()
        for split, share in by_split.items()
    ]
    header = ["task", "split", "labelled", "classes", "rarest", "commonest"]
    return [header, *rows]


def differences(report):
    """Returns a line for each task: where splits differ most in classes."""
    lines = []
    for task, by_split in report.counts.items():
        found = largest_difference(by_split)
        if found is not None:
            _, worst, high, low = found
            most, least = (by_split[s].shares[worst] for s in (high, low))
            lines.append(
                f"{task}: class {worst} differs most between splits, "
                f"{most:.1%} of {high} and {least:.1%} of {low}"
            )
    return lines


def align(rows):
    """Returns rows of strings as lines with columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _describe_classes(share):
    """Returns how many classes there are, the rarest and the commonest."""
    if not len(share.classes):
        return ["", "", ""]
    seen = int((share.classes > 0).sum())
    rare, common = int(share.classes.argmin()), int(share.classes.argmax())
    return [
        f"{seen} of {len(share.classes)}",
        *(f"{c}: {share.shares[c]:.1%}" for c in (rare, common)),
    ]
