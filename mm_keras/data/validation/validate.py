from mm_keras.data.validation.copies import Copies
from mm_keras.data.validation.forms import Forms
from mm_keras.data.validation.inputs import InputChecks
from mm_keras.data.validation.labels import LabelChecks
from mm_keras.data.validation.near_copies import NearCopies
from mm_keras.data.validation.ranges import Ranges
from mm_keras.data.validation.reader import Reader
from mm_keras.data.validation.report import Report
from mm_keras.data.validation.shares import Shares


def validate(dataset, tasks, *, verbose=0):
    """Looks through all batches for what is wrong with inputs and labels.

    - Inputs: values that are NaN or infinite; pictures, sounds and texts of
      one value throughout; columns that never change; pictures out of 0-255
      or scaled to 0-1; another dtype or shape in another split.
    - Class ids, masks and numbers: another shape or dtype, ids without a class,
      impossible values, masks of another size than the picture.
    - Boxes: coordinates out of the picture or in the wrong order, no area, the
      same box twice.
    - Samples: no label for any task, a missing label with a weight, a task
      without a label in a split.
    - Copies: the same inputs twice in a split; an input that is in two splits,
      so that what is trained on is tested on, and a picture that looks like
      one of another split, since it was saved once more or resized.
    - Files: those that `mm_keras.data.from_coco` and the like have left out.

    Samples are called by their number in the split, and by their file if the
    data set has a list `samples` of their names. So load the data with
    `shuffle=False` and without augmentation.

    Args:
        dataset: Batches `(inputs, targets, sample_weights)`, as
            `mm_keras.data.load` makes them, or a dictionary of those by the
            name of their split. Weights may be absent.
        tasks: List of `mm_keras.tasks.Task`.
        verbose: 1 shows a progress bar for each split.

    Returns:
        A `mm_keras.data.Report`: print it, or look at `ok`, `faults` and
        `to_dict()`.

    Raises:
        ValueError: If batches have not this form, or are others each time.

    Example:

    >>> tasks = [mm_keras.tasks.detection("digits", 10)]
    >>> dataset = mm_keras.data.load("digit_scenes", "test", tasks=tasks)
    >>> mm_keras.data.validate(dataset.take(2), tasks).ok
    True
    """
    splits = dataset if isinstance(dataset, dict) else {"data": dataset}
    shares = Shares(tasks)
    checks = [
        Forms(),
        InputChecks(),
        Ranges(),
        LabelChecks(tasks),
        Copies(),
        NearCopies(),
        shares,
    ]
    readers = {
        split: Reader(split, batches, verbose)
        for split, batches in splits.items()
    }
    findings = []
    for reader in readers.values():
        for batch in reader:
            for check in checks:
                findings += check.look(batch)
        findings += reader.findings()
    for check in checks:
        findings += check.end()
    names = {split: reader.names() for split, reader in readers.items()}
    return Report(
        samples={split: reader.samples for split, reader in readers.items()},
        findings=_sort(findings, list(splits)),
        counts=shares.counts,
        names={split: known for split, known in names.items() if known},
    )


def _sort(findings, splits):
    """Findings in the order of splits and samples, those of splits first."""

    def place(found):
        row = -1 if found.row is None else found.row
        return splits.index(found.split), row

    return sorted(findings, key=place)
