"""Every example in a docstring runs, and gives what it says."""

import doctest
import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest

import mm_keras

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules():
    """Names of all modules of the package, those not imported yet included."""
    found = pkgutil.walk_packages(mm_keras.__path__, "mm_keras.")
    return ["mm_keras", *(m.name for m in found if "__main__" not in m.name)]


def examples():
    """The docstrings that have examples, as `doctest` sees them."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in modules():
        module = importlib.import_module(name)
        yield from (t for t in finder.find(module, name) if t.examples)


EXAMPLES = {test.name: test for test in examples()}


@pytest.fixture
def prepared(monkeypatch, tfds_dir):
    """Data sets come from the folder of the tests, not from the user's."""
    constants = "tensorflow_datasets.core.constants.DATA_DIR"
    monkeypatch.setattr(constants, tfds_dir)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_of(name, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    if name.startswith("mm_keras.data."):
        request.getfixturevalue("prepared")
    test = EXAMPLES[name]
    test.globs = {"keras": keras, "mm_keras": mm_keras, "np": np}
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def public():
    """Names of all public symbols of all public modules."""
    for module in mm_keras.__all__:
        for symbol in getattr(getattr(mm_keras, module), "__all__", []):
            yield f"{module}.{symbol}"


# Bases, and parts of what has an example.
WITHOUT_EXAMPLE = {
    "balancing.Balancing",
    "data.prepare",
    "detection.assign",
    "export.ServingModel",
    "layers.ExpertMixture",
    "layers.Experts",
    "layers.FusionLayer",
}


@pytest.mark.parametrize("name", sorted(set(public())))
def test_public_symbol_is_explained_and_shown(name):
    module, symbol = name.split(".")
    thing = getattr(getattr(mm_keras, module), symbol)
    docstring = thing.__doc__ or ""
    assert len(docstring) > 80
    shown = ">>> " in docstring or "```python" in docstring
    assert shown != (name in WITHOUT_EXAMPLE)
    if inspect.isfunction(thing) and inspect.signature(thing).parameters:
        assert "Args:" in docstring
    if "raise ValueError" in inspect.getsource(thing):
        assert "Raises:" in docstring
