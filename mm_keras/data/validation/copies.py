import hashlib

import numpy as np

from mm_keras.data.validation.batch import is_numeric
from mm_keras.data.validation.batch import LONG
from mm_keras.data.validation.inputs import constant_rows


class Copies:
    """Finds samples that come twice, in one split or, worse, in two.

    Within a split all inputs have to be equal: a picture may have several
    captions. In two splits one input is enough, such as the picture: what is
    trained on cannot be tested on. Inputs of few bytes are left out, since
    they repeat by chance, and so are constant ones, which are faults already.
    """

    def __init__(self):
        self._inputs = {}
        self._samples = {}

    def look(self, batch):
        """Yields a `Finding` for each copy in a batch."""
        digests = {name: digests_of(v) for name, v in batch.inputs.items()}
        telling = {name: tells(v) for name, v in batch.inputs.items()}
        labels = [digests_of(value) for value in batch.targets.values()]
        for row in range(batch.rows):
            compared = {
                name: digest[row]
                for name, digest in digests.items()
                if telling[name][row]
            }
            leaks = list(self._find_leaks(batch, row, compared))
            yield from leaks
            if compared and not leaks:
                inputs = [digests[name][row] for name in sorted(digests)]
                label = [digest[row] for digest in labels]
                yield from self._find_twin(batch, row, inputs, label)

    def end(self):
        """Nothing is known only at the end."""
        return ()

    def _find_leaks(self, batch, row, compared):
        """Yields a `Finding` for each input that another split has too."""
        place = batch.split, batch.start + row
        for name, digest in compared.items():
            split, first = self._inputs.setdefault((name, digest), place)
            if split != batch.split:
                text = f"is also in another split, as {split}[{first}]"
                yield batch.finding(row, name, "leak", text)

    def _find_twin(self, batch, row, inputs, label):
        """Yields a `Finding` if an earlier sample has the same inputs."""
        key = batch.split, *inputs
        found = batch.start + row, label
        first, first_label = self._samples.setdefault(key, found)
        if first != batch.start + row:
            text = f"the same inputs as in {batch.split}[{first}]"
            if label != first_label:
                text += ", but other labels"
            field = ", ".join(sorted(batch.inputs))
            yield batch.finding(row, field, "duplicate", text)


def tells(values):
    """Which rows of an input are long and varied enough to be compared."""
    if is_numeric(values):
        long = values[:1].nbytes >= LONG
        return ~constant_rows(values) if long else np.zeros(len(values), bool)
    return np.array([len(_text(row)) >= LONG for row in values], bool)


def digests_of(values):
    """Returns a short fingerprint of each row."""
    if is_numeric(values):
        rows = np.ascontiguousarray(values)
        # A number alone has no buffer.
        rows = rows[:, None] if rows.ndim == 1 else rows
    else:
        rows = [_text(row) for row in values]
    return [hashlib.blake2b(row, digest_size=16).digest() for row in rows]


def _text(row):
    """The bytes of a text, or of an array of texts."""
    return b"\n".join(
        part if isinstance(part, bytes) else str(part).encode()
        for part in np.ravel(row)
    )
