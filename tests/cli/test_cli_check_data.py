"""`mm-keras check-data` finds faults, and tells people and CI."""

import json
import re

import pytest
import tensorflow as tf
import tfds_files

import mm_keras_cli
from mm_keras import data

SCENES = ("check-data", "digit_scenes", "--task", "detection:digits")
# Five scenes are in both.
SHARING = ("--split", "train[:20]", "--split", "train[15:30]")


@pytest.fixture
def check(tfds_dir, capsys):
    """Runs the command; returns its exit code and what it printed."""

    def run(*arguments):
        code = mm_keras_cli.main([*arguments, "--data-dir", tfds_dir])
        return code, capsys.readouterr()

    return run


def test_sound_data_has_exit_code_zero(check):
    splits = ("--split", "train[:40]", "--split", "test[:20]")
    code, shown = check(*SCENES, "--task", "segmentation:mask:11", *splits)
    assert code == 0
    assert not shown.err
    assert "train[:40]: 40 samples, test[:20]: 20 samples" in shown.out
    assert re.search(r"digits +test\[:20\] +20 +\d+ of 10", shown.out)
    assert shown.out.endswith("No faults.\n")


def test_without_tasks_those_of_the_catalog_are_looked_at(check):
    code, shown = check("check-data", "digit_scenes", "--split", "test[:20]")
    assert code == 0
    for task in ("digits", "mask", "present", "count"):
        assert re.search(rf"\n{task} +test\[:20\] +20", shown.out)


def test_what_two_splits_share_is_found(check):
    code, shown = check(*SCENES, *SHARING)
    assert code == 1
    assert shown.out.endswith("5 faults in 5 samples or splits.\n")
    found = re.findall(r"train\[15:30\]\[(\d)\] +image +is also", shown.out)
    assert found == ["0", "1", "2", "3", "4"]


def test_the_page_shows_the_worst(check, tmp_path):
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    outputs = ("--page", str(page), "--json", str(data))
    masks = ("--task", "segmentation:mask:11")
    code, _ = check(*SCENES, *masks, *SHARING, *outputs)
    assert code == 1
    report = json.loads(data.read_text())
    assert not report["ok"]
    assert report["samples"] == {"train[:20]": 20, "train[15:30]": 15}
    text = page.read_text()
    assert text.count("data:image/png;base64,") == len(report["faults"]) == 5
    assert 'src="http' not in text
    for fault in report["faults"]:
        assert text.count(fault["sample"]) >= 1


def test_the_page_of_sound_data_says_so(check, tmp_path):
    page = tmp_path / "report.html"
    code, _ = check(*SCENES, "--split", "test[:20]", "--page", str(page))
    assert code == 0
    assert "No faults." in page.read_text()
    assert "<img" not in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check-data", "digit_scnes"), "`name` expects.*'digit_scnes'"),
        ((*SCENES, "--split", "tset"), "'tset'"),
        (("check-data", "digit_scenes", "--task", "detection:boxes"),
         "--task detection:boxes expects the number of classes"),
        (("check-data", "digit_scenes", "--task", "detection:digits:5"),
         "'digits' expects 5 classes. Received: .* has 10"),
        (("check-data", "digit_scenes", "--task", "detection:boxes:10"),
         "expects the feature 'boxes'. Received a data set with: "),
        ((*SCENES, "--input", "sound"), "`inputs` expects"),
        (("check-data", "nowhere/data.json"), "files that exist.*nowhere"),
        (("check-data", "nowhere/{split}.csv", "--split", "train"),
         "files that exist. Received: nowhere/train.csv"),
        (("check-data", "nowhere/{split}"), "names of splits.*--split train"),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_told_in_one_line(arguments, said, check):
    code, shown = check(*arguments)
    assert code == 1
    assert not shown.out
    (line,) = shown.err.splitlines()
    assert line.startswith("mm-keras: error: ")
    assert re.search(said, line)


def test_examples_that_cannot_be_read_are_told(check, monkeypatch):
    def fail(*arguments, **options):
        raise tf.errors.DataLossError(None, None, "{{node Read}} truncated")

    monkeypatch.setattr(data, "load", fail)
    code, shown = check(*SCENES)
    assert code == 1
    assert "can be read. Received: truncated. Prepare it anew." in shown.err


def test_a_wrong_task_is_told_before_anything_is_loaded(capsys):
    with pytest.raises(SystemExit) as stopped:
        mm_keras_cli.main(["check-data", "digit_scenes", "--task", "boxes"])
    assert stopped.value.code == 2
    assert "expected KIND:NAME" in capsys.readouterr().err


def test_splits_whose_labels_are_not_published_are_left_out(tmp_path, capsys):
    files, prepared = tmp_path / "files", str(tmp_path / "prepared")
    tfds_files.coco2017(files)
    tfds_files.build("coco/2017", files, prepared)
    mm_keras_cli.main(["check-data", "coco/2017", "--data-dir", prepared])
    shown = capsys.readouterr()
    assert not shown.err
    assert "train: 3 samples, validation: 3 samples\n" in shown.out
    assert "test: not looked at, since its labels are not publ" in shown.out


def test_a_process_writes_only_the_report(mm_keras, tfds_dir):
    done = mm_keras(*SCENES, "--split", "test[:20]", "--data-dir", tfds_dir)
    assert done.returncode == 0
    assert not done.stderr
    assert done.stdout.startswith("test[:20]: 20 samples\n")
