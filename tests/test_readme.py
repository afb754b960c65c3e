"""The README runs, and what it names is there."""

import importlib
import inspect
import os
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import pytest

import mm_keras
import mm_keras_cli
from mm_keras import zoo
from mm_keras.layers.fusion import NAMES as FUSIONS

ROOT = pathlib.Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What is made smaller in the example, so that a test can wait for it.
SMALLER = {
    '"digit_scenes", "train"': '"digit_scenes", "train[:32]"',
    '"validation"': '"validation[:8]"',
    "epochs=5": "epochs=1",
    "width=16": "width=8",
    "captions, epochs=1": "captions, epochs=1, steps_per_epoch=2",
}
NOTE = """\
<annotation><object><name>{name}</name><bndbox><xmin>10</xmin><ymin>20</ymin>
<xmax>60</xmax><ymax>80</ymax></bndbox></object></annotation>
"""


def make_cells(folder):
    """Writes the folder of a user's own files that the README reads."""
    for part in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    names = ("RBC", "WBC")
    for name in names:
        picture = folder / "JPEGImages" / f"{name}.jpg"
        keras.utils.save_img(picture, np.zeros((120, 160, 3)))
        note = NOTE.format(name=name)
        (folder / "Annotations" / f"{name}.xml").write_text(note)
    (folder / "ImageSets/Main/train.txt").write_text("\n".join(names))


def script():
    """The python blocks of the README, each on the lines that it has there."""
    lines = [""] * TEXT.count("\n")
    for match in FENCE.finditer(TEXT):
        if match[1] == "python":
            first = TEXT.count("\n", 0, match.start(2))
            block = match[2].splitlines()
            lines[first : first + len(block)] = block
    return "\n".join(lines)


def prose():
    return FENCE.sub("", TEXT)


def resolve(dotted):
    """Returns what a dotted name of the package stands for."""
    found = mm_keras
    for part in dotted.removeprefix("mm_keras.").split("."):
        if not hasattr(found, part):
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return found


def public():
    """Everything a reader may look for, by name."""
    functions = {
        name: getattr(module, name)
        for module in (
            mm_keras.models,
            mm_keras.encoders,
            mm_keras.tasks,
            zoo,
        )
        for name in module.__all__
        if inspect.isfunction(getattr(module, name))
    }
    del functions["compile_args"]  # Has no row in a table.
    return {**functions, **FUSIONS, **mm_keras.balancing.STRATEGIES}


@pytest.mark.slow
def test_every_python_block_runs_in_small_form(tfds_dir, tmp_path):
    code = script()
    for large, small in SMALLER.items():
        assert large in code
        code = code.replace(large, small)
    make_cells(tmp_path / "cells")
    (tmp_path / "readme.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "readme.py"],
        cwd=tmp_path,
        env={**os.environ, "TFDS_DATA_DIR": tfds_dir},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"^count_mae \d+\.\d+$", done.stdout, re.MULTILINE)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)\s]+)\)", TEXT)
    inside = [link for link in links if not link.startswith("https://")]
    assert inside
    missing = [link for link in inside if not (ROOT / link).exists()]
    assert not missing


def test_every_name_of_the_package_exists():
    modules = "|".join(mm_keras.__all__)
    whole = re.findall(r"\bmm_keras(?:\.\w+)+(?![\w/.])", TEXT)
    short = re.findall(rf"`((?:{modules})\.\w+)`", prose())
    assert len(whole) > 10
    assert len(short) > 5
    for name in {*whole, *short}:
        resolve(name)


@pytest.mark.parametrize("name", sorted(public()))
def test_everything_public_is_linked_to_its_file(name):
    file = inspect.getsourcefile(public()[name])
    path = pathlib.Path(file).relative_to(ROOT).as_posix()
    assert f"[`{name}`]({path})" in TEXT


def test_commands_exist():
    named = set(re.findall(r"\bmm-keras ([\w-]+)", TEXT))
    usage = mm_keras_cli.make_parser().format_usage()
    commands = re.search(r"{([\w,-]+)}", usage)[1]
    assert named == set(commands.split(","))


def test_the_two_commands_are_those_of_the_first_screen():
    screen = TEXT.splitlines()[:40]
    assert "pip install -e . && mm-keras demo" in screen
    assert "pip install -e '.[test]' && pytest" in screen


def test_nothing_is_left_to_fill_in():
    assert "GAP" not in TEXT
