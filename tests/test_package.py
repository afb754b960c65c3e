"""The package as a whole: what imports what, what it weighs, what is safe."""

import ast
import configparser
import importlib
import inspect
import json
import pathlib
import pkgutil
import subprocess
import sys

import keras
import pytest

import mm_keras

PACKAGE = pathlib.Path(mm_keras.__file__).parent

# Each may import what stands above it.
LAYERS = [
    {"version"},
    {"detection", "layers", "losses", "metrics"},
    {"tasks"},
    {"data", "encoders"},
    {"balancing"},
    {"training"},
    {"models"},
    {"explain", "export", "zoo"},
    {"compare", "demo"},
    {""},  # The package itself.
    {"cli"},
]
# What masks unlabelled rows lives in `losses`; a layer that adds a loss, the
# metrics and the losses of detection need it. All heads choose their levels
# in the same way.
SIBLINGS = {
    ("detection", "layers"),
    ("detection", "losses"),
    ("layers", "losses"),
    ("metrics", "losses"),
}
# What only some users need is imported where it is used.
HEAVY = {
    "faster_coco_eval",
    "matplotlib",
    "pycocotools",
    "sklearn",
    "tensorflow_datasets",
}
TENSORFLOW = ("data/", "export/", "training/gradients.py")


def sources():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def imports(tree):
    """Full names of the modules, or their members, that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{a.name}" for a in node.names)


def rank(module):
    for i, names in enumerate(LAYERS):
        if module in names:
            return i
    raise AssertionError(f"{module!r} has no place in the flow of data.")


def test_imports_follow_the_flow_of_data():
    for path, tree in sources():
        importer = path.split("/")[0].removesuffix(".py")
        if importer in ("__init__", "__main__"):
            continue
        for name in imports(tree):
            package, _, rest = name.partition(".")
            imported = rest.partition(".")[0]
            if package != "mm_keras" or imported == importer:
                continue
            allowed = (importer, imported) in SIBLINGS
            above = rank(imported) < rank(importer)
            assert allowed or above, f"{path} imports {name}"


def test_tensorflow_is_imported_in_three_places():
    for path, tree in sources():
        roots = {name.partition(".")[0] for name in imports(tree)}
        if "tensorflow" in roots:
            assert path.startswith(TENSORFLOW), path


def test_nothing_is_loaded_by_running_it():
    unsafe = {"Lambda", "pickle", "dill", "marshal", "cloudpickle"}
    calls = {"eval", "exec"}
    for path, tree in sources():
        for name in imports(tree):
            assert not unsafe & set(name.split(".")), path
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert node.attr not in unsafe, path
            if isinstance(node, ast.keyword) and node.arg == "safe_mode":
                raise AssertionError(f"{path} leaves the safe mode")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in calls, path


def raised_texts(tree):
    """The literal parts of what a file raises as ValueError, by line."""
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(call, ast.Call) and node.cause is None:
            parts = [
                part.value
                for part in ast.walk(call)
                if isinstance(part, ast.Constant)
                and isinstance(part.value, str)
            ]
            if getattr(call.func, "id", "") == "ValueError" and parts:
                yield node.lineno, "".join(parts)


def test_errors_say_what_came_and_then_what_to_do():
    for path, tree in sources():
        for line, text in raised_texts(tree):
            before, _, after = text.partition("Received")
            assert len(before) > 10 and ". " in after, f"{path}:{line}: {text}"


def test_import_adds_nothing_heavy_to_keras():
    code = (
        "import json, sys, keras; before = set(sys.modules); import mm_keras; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    added = set(json.loads(run.stdout))
    assert "mm_keras.models" in added and not added & HEAVY


def modules():
    for found in pkgutil.walk_packages(mm_keras.__path__, "mm_keras."):
        if "__main__" not in found.name:
            yield importlib.import_module(found.name)


def saved_classes():
    """Classes of the package whose objects are saved with a model."""
    return [
        thing
        for module in modules()
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if thing.__module__ == module.__name__ and hasattr(thing, "get_config")
    ]


@pytest.mark.parametrize("thing", saved_classes(), ids=lambda c: c.__name__)
def test_every_class_that_is_saved_is_registered(thing):
    registered = keras.saving.get_registered_name(thing)
    assert registered == f"mm_keras>{thing.__name__}"


def test_every_public_name_exists():
    for module in modules():
        for name in getattr(module, "__all__", []):
            assert hasattr(module, name), f"{module.__name__}.{name}"


def test_version_is_the_one_that_is_installed():
    setup = configparser.ConfigParser()
    setup.read(PACKAGE.parent / "setup.cfg")
    attribute = setup["metadata"]["version"].removeprefix("attr:").strip()
    module, _, name = attribute.rpartition(".")
    version = getattr(importlib.import_module(module), name)
    assert version == mm_keras.__version__
