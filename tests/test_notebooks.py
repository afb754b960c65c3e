"""Every notebook runs, in a small form, and is kept clean."""

import ast
import pathlib
import re

import nbformat
import pytest
import tfds_files
from nbclient import NotebookClient

FOLDER = pathlib.Path(__file__).parents[1] / "notebooks"
# The sizes in the first cell of each notebook, and what a test can wait for.
SMALL_SIZES = {
    "01_quickstart": {
        "TRAIN_EXAMPLES": 32,
        "VALIDATION_EXAMPLES": 8,
        "EPOCHS": 1,
        "PICTURES": 2,
    },
    "02_text_and_image": {
        "TRAIN_EXAMPLES": 32,
        "VALIDATION_EXAMPLES": 8,
        "CONCATENATION_EPOCHS": 1,
        "ATTENTION_EPOCHS": 1,
        "ALIGNMENT_EPOCHS": 1,
        "PICTURES": 2,
    },
    "03_your_data": {"PICTURES": 60, "EPOCHS": 1, "SHOWN": 2},
    "04_coco": {
        "IMAGE_SIZE": 32,
        "TRAIN_EXAMPLES": 16,
        "VALIDATION_EXAMPLES": 8,
        "BATCH_SIZE": 8,
        "EPOCHS": 1,
        "PATIENCE": 1,
        "PICTURES": 2,
    },
    "05_structures": {
        "TRAIN_EXAMPLES": 32,
        "VALIDATION_EXAMPLES": 8,
        "TEST_EXAMPLES": 8,
        "EPOCHS": 1,
        "SEEDS": 1,
        "ROUNDS": 1,
        "PICTURES": 2,
    },
}
NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shrink(notebook, sizes):
    """Replaces the sizes in the first cell, which has nothing else."""
    cell = code_cells(notebook)[0]
    found = {}
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
        (target,) = statement.targets
        found[target.id] = ast.literal_eval(statement.value)
    assert found.keys() == sizes.keys()
    assert all(found[name] > size for name, size in sizes.items())
    cell.source = "\n".join(f"{name} = {size}" for name, size in sizes.items())


def texts(cell):
    """What a cell printed or showed, as text."""
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stdout":
            yield output.text
        elif "data" in output:
            yield output.data.get("text/plain", "")


def pictures(notebook):
    return [
        output
        for cell in code_cells(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def test_every_notebook_has_small_sizes():
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(SMALL_SIZES)


@pytest.mark.parametrize("name", SMALL_SIZES)
def test_notebook_is_valid_seeded_and_without_outputs(name):
    notebook = read(name)
    nbformat.validate(notebook)
    for cell in code_cells(notebook):
        assert not cell.outputs
        assert cell.execution_count is None
    source = "\n".join(cell.source for cell in code_cells(notebook))
    assert "keras.utils.set_random_seed(" in source
    assert "valid" in "\n".join(cell.source for cell in notebook.cells[-4:])


def run(name, sizes, folder):
    """Runs a notebook with other sizes, in a folder, and returns it."""
    notebook = read(name)
    shrink(notebook, sizes)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    ).execute()
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL_SIZES)
def test_notebook_runs_in_small_form(name, tfds_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", tfds_dir)
    notebook = run(name, SMALL_SIZES[name], tmp_path)
    assert pictures(notebook)
    shown = "".join(texts(code_cells(notebook)[-1]))
    assert NUMBER.search(shown), shown
    assert "nan" not in shown.lower()


@pytest.mark.slow
def test_coco_notebook_reads_coco_where_tfds_has_prepared_it(
    tmp_path, monkeypatch
):
    tfds_files.coco2017(tmp_path / "files")
    prepared = str(tmp_path / "prepared")
    tfds_files.build("coco/2017", tmp_path / "files", prepared)
    monkeypatch.setenv("TFDS_DATA_DIR", prepared)
    # There are three pictures in each split.
    examples = {"TRAIN_EXAMPLES": 3, "VALIDATION_EXAMPLES": 3, "BATCH_SIZE": 3}
    sizes = {**SMALL_SIZES["04_coco"], **examples}
    notebook = run("04_coco", sizes, tmp_path)
    shown = "".join(t for c in code_cells(notebook) for t in texts(c))
    assert "80 classes: thing1, thing2" in shown
    assert not (tmp_path / "small_coco").exists()
