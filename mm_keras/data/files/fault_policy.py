"""What to do with faults: raise, or skip what is faulty."""

import dataclasses
import warnings

# A message shows this many; the report has all of them.
ROWS = 20


@dataclasses.dataclass(frozen=True)
class Policy:
    """What to do with faults: raise, or skip what is faulty.

    Args:
        on_fault: `"raise"` or `"skip"`.
        max_faults: How many samples with faults may be skipped: an int is a
            number, a float a share of all samples, None any number.

    Raises:
        ValueError: If there is no such policy.
    """

    on_fault: str = "raise"
    max_faults: int | float | None = 0.1

    def __post_init__(self):
        if self.on_fault not in ("raise", "skip"):
            raise ValueError(
                'Argument `on_fault` expects "raise" or "skip". Received: '
                f"on_fault={self.on_fault!r}. Choose one of the two."
            )
        if self.max_faults is None:
            return
        share = isinstance(self.max_faults, float)
        if self.max_faults < 0 or (share and self.max_faults > 1):
            raise ValueError(
                "Argument `max_faults` expects a number of samples (int), or "
                "a share of them (float, 0 to 1). Received: "
                f"max_faults={self.max_faults!r}. Give 0.1 for a tenth of "
                "the samples, 10 for ten of them, None for all of them."
            )

    def settle(self, faults, *, name, total, stacklevel):
        """Raises because of faults, or warns that they were skipped.

        Args:
            faults: A `Faults`.
            name: What the data set is called in messages.
            total: Number of samples that were looked at.
            stacklevel: How far above this call the user's line is.

        Raises:
            ValueError: If `on_fault` says so, or if there are too many.
        """
        if not faults:
            return
        count = len(faults.samples)
        # What is said of pictures that there are not counts as a sample too.
        total = max(total, count)
        found = f"faults in {count} of {total} samples of {name}"
        table = faults.table(ROWS)
        if self.on_fault == "raise":
            raise ValueError(
                "Data expects files and annotations without faults. Received: "
                f"{found}. Correct them, or leave them out with "
                f'`on_fault="skip"`:\n{table}'
            )
        if self._is_too_much(count, total):
            raise ValueError(
                f"Data expects at most max_faults={self.max_faults} samples "
                f"with faults. Received: {found}. Correct them, or raise "
                f"`max_faults`:\n{table}"
            )
        warnings.warn(
            f"Left out: {found}. The attribute `faults` of the data set lists "
            f"all.\n{table}",
            stacklevel=stacklevel + 1,
        )

    def _is_too_much(self, count, total):
        if self.max_faults is None:
            return False
        if isinstance(self.max_faults, float):
            return count / total > self.max_faults
        return count > self.max_faults
