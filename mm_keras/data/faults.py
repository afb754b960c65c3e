"""What is wrong with a data set: reported sample by sample, never silent."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one sample.

    Args:
        sample: Name of the file or of the sample.
        field: What of it is wrong: `"image"`, `"annotation"`, `"objects"`,
            the name of a task or of a column.
        problem: What is wrong, in one sentence.

    Example:

    >>> mm_keras.data.Fault("cats/7.jpg", "image", "does not exist").field
    'image'
    """

    sample: str
    field: str
    problem: str


class Faults(list):
    """A report of what is wrong with a data set: a list of `Fault`.

    Printed, it is a table by sample and field.

    Example:

    >>> faults = mm_keras.data.Faults()
    >>> faults.add("cats/7.jpg", "image", "does not exist")
    >>> faults.add("cats/12.jpg", "image", "is an empty file")
    >>> print(faults)
    sample       field  problem
    cats/7.jpg   image  does not exist
    cats/12.jpg  image  is an empty file
    >>> faults.samples
    ['cats/7.jpg', 'cats/12.jpg']
    """

    def add(self, sample, field, problem):
        """Appends a fault."""
        self.append(Fault(str(sample), field, problem))

    @property
    def samples(self):
        """Names of the samples that have faults, each once."""
        return list(dict.fromkeys(fault.sample for fault in self))

    def table(self, rows=None):
        """Returns the report as text, cut after some rows if asked."""
        shown = [dataclasses.astuple(fault) for fault in self[:rows]]
        lines = [("sample", "field", "problem"), *shown]
        wide, narrow = (max(len(line[i]) for line in lines) for i in (0, 1))
        text = [f"{a:<{wide}}  {b:<{narrow}}  {c}" for a, b, c in lines]
        if len(shown) < len(self):
            text.append(f"... and {len(self) - len(shown)} more")
        return "\n".join(text)

    def __str__(self):
        return self.table()
