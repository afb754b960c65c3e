"""The folder of a run is written as a whole, and read back."""

import json
import math

import pytest

from mm_keras_cli.runs.folder import read_json
from mm_keras_cli.runs.folder import RunFolder
from mm_keras_cli.runs.folder import write_json

LOG = "epoch,loss,val_loss\n0,2.5,3.0\n1,1.5,nan\n2,1.0,2.0\n"


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.make()
    config = {"arguments": {"epochs": 3}, "versions": {}}
    write_json(folder.config, config)
    folder.log.write_text(LOG)
    return folder


def test_a_folder_of_a_training_is_opened(run):
    assert RunFolder.open(str(run.path)).path == run.path


def test_what_it_is_told_later_takes_the_place_of_the_old(run):
    run.tell({"epochs": 5})
    assert read_json(run.config) == {"arguments": {"epochs": 5}, "versions": {}}


def test_a_folder_with_a_training_is_not_written_over(run):
    said = f"earlier training.*mm-keras train --resume {run.path}"
    with pytest.raises(ValueError, match=said):
        RunFolder(run.path).check_new()


def test_a_folder_with_anything_else_is_not_written_to(tmp_path):
    RunFolder(tmp_path).check_new()
    (tmp_path / "thesis.txt").write_text("not to be lost")
    for act in (RunFolder.check_new, RunFolder.make):
        with pytest.raises(ValueError, match="`output` of mm-keras train exp"):
            act(RunFolder(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere", "which is none"), ("", "which has no config.json")],
)
def test_a_folder_of_something_else_is_explained(tmp_path, name, said):
    with pytest.raises(ValueError, match=f"`run` expects.*{said}. Check"):
        RunFolder.open(tmp_path / name)


def test_the_log_is_read_as_numbers(run):
    first, second, third = run.rows()
    assert first == {"epoch": 0, "loss": 2.5, "val_loss": 3.0}
    assert math.isnan(second["val_loss"])
    assert third["loss"] == 1.0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_later_epochs_are_left_out_of_the_log(run, count):
    run.keep_rows(count)
    run.keep_rows(count)
    assert len(run.rows()) == count
    assert run.log.read_text() == (
        LOG[: LOG.find(f"\n{count},") + 1] or LOG if count else ""
    )


def test_half_a_row_is_left_out(run):
    run.log.write_text(LOG + "3,0.")
    run.keep_rows(3)
    assert run.log.read_text() == LOG


def test_no_log_has_no_rows(tmp_path):
    folder = RunFolder(tmp_path)
    folder.keep_rows(0)
    assert folder.rows() == []


def test_a_folder_whose_training_never_began_is_as_good_as_new(tmp_path):
    RunFolder(tmp_path).make()
    RunFolder(tmp_path).check_new()


def test_scores_are_kept_and_numbers_that_json_lacks_are_null(run):
    assert run.scores() == {}
    run.write_scores({"test": {"ap": math.nan, "loss": 0.5}})
    assert run.scores() == {"test": {"ap": None, "loss": 0.5}}


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "metrics.json"
    write_json(path, {"loss": 1.0})
    with pytest.raises(TypeError):
        write_json(path, {"loss": object()})
    assert json.loads(path.read_text()) == {"loss": 1.0}
    assert list(tmp_path.iterdir()) == [path]
