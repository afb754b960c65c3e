from mm_keras.data.validation.batch import Finding
from mm_keras.data.validation.batch import is_numeric


class Forms:
    """Finds inputs that are of another dtype or shape in another split."""

    def __init__(self):
        self._splits = {}
        self._forms = {}

    def look(self, batch):
        """Remembers the forms of a batch."""
        self._splits[batch.split] = None
        for name, values in batch.inputs.items():
            kind = values.dtype.name if is_numeric(values) else "text"
            form = f"{kind} of shape {values.shape[1:]}"
            forms = self._forms.setdefault(name, {})
            forms.setdefault(batch.split, set()).add(form)
        return ()

    def end(self):
        """Yields a `Finding` for each split that differs from the first."""
        for name, forms in self._forms.items():
            for split in self._splits:
                problem = self._compare(split, forms)
                if problem:
                    yield Finding(split, None, name, "form", problem)

    def _compare(self, split, forms):
        """What is wrong with the forms of an input in a split, or None.

        Where they vary within a split they may vary between splits.
        """
        if split not in forms:
            return f"is missing, but there in {next(iter(forms))!r}"
        fixed = {s: form for s, (form, *more) in forms.items() if not more}
        first = next(iter(fixed), None)
        if split in fixed and fixed[split] != fixed[first]:
            return f"is {fixed[split]}, but {fixed[first]} in {first!r}"
        return None
