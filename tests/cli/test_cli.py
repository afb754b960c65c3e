"""Arguments and errors: one clear line, and the right exit code."""

import os
import re
import subprocess
import sys
from importlib import metadata

import pytest

import mm_keras_cli
from mm_keras_cli import quiet


def fails_with(capsys, code, *arguments):
    """Runs a command that fails; returns its message, a single line."""
    try:
        result = mm_keras_cli.main(arguments)
    except SystemExit as stopped:
        result = stopped.code
    assert result == code
    shown = capsys.readouterr()
    assert not shown.out
    (line,) = shown.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "command"),
        (
            ["dmo"],
            "invalid choice: 'dmo'.*'demo', 'list', 'check-data', 'train'",
        ),
        (["list", "--steps", "3"], "unrecognized arguments: --steps 3"),
        (["demo", "--steps"], "--steps: expected one argument"),
        (["demo", "--steps", "0"], "at least 1, received '0'"),
        (["demo", "--steps", "-5"], "at least 1, received '-5'"),
        (["demo", "--steps", "1e3"], "whole number.*received '1e3'"),
        (["demo", "--seed", "x"], "invalid int value: 'x'"),
    ],
)
def test_wrong_arguments_are_explained_in_one_line(arguments, said, capsys):
    line = fails_with(capsys, 2, *arguments)
    assert re.search(said, line)
    assert line.startswith("mm-keras")
    assert "--help" in line


def test_error_of_the_library_is_one_line_and_exit_code_one(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("not to be lost")
    line = fails_with(capsys, 1, "demo", "--output", str(tmp_path))
    assert "expects a new or empty folder" in line
    assert f"Received: {tmp_path}" in line
    assert line.endswith("Choose another one.")


def test_debug_shows_the_traceback(tmp_path):
    (tmp_path / "thesis.txt").write_text("not to be lost")
    with pytest.raises(ValueError, match="new or empty folder"):
        mm_keras_cli.main(["demo", "--debug", "--output", str(tmp_path)])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ValueError("two\n  lines"), 1, "mm-keras: error: two lines."),
        (ValueError(), 1, "mm-keras: error: ValueError."),
        (OSError(28, "No space left"), 1, "[Errno 28] No space left."),
        (ImportError("No module x"), 1, "No module x. Run `mm-keras doctor`."),
        (KeyboardInterrupt(), 130, "mm-keras: interrupted"),
    ],
)
def test_what_commands_raise_is_told(error, code, said, capsys, monkeypatch):
    from mm_keras_cli import list as command

    def fail(arguments):
        raise error

    monkeypatch.setattr(command, "run", fail)
    assert fails_with(capsys, code, "list").endswith(said)


def test_mistake_of_our_own_shows_where_it_is(monkeypatch):
    from mm_keras_cli import list as command

    monkeypatch.setattr(command, "run", lambda arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mm_keras_cli.main(["list"])


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stopped:
        mm_keras_cli.main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in mm_keras_cli.COMMANDS)


def test_wrong_arguments_are_told_before_tensorflow_is_imported():
    script = (
        "import sys, mm_keras_cli\n"
        "try: mm_keras_cli.main(['demo', '--stepz', '3'])\n"
        "except SystemExit: pass\n"
        "heavy = {'mm_keras', 'tensorflow', 'keras', 'numpy'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=os.path.dirname(os.path.dirname(mm_keras_cli.__file__)),
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode == 0


def test_user_error_is_all_that_a_process_writes(mm_keras, tmp_path):
    (tmp_path / "thesis.txt").write_text("not to be lost")
    done = mm_keras("demo", "--output", tmp_path)
    assert done.returncode == 1
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("mm-keras: error: Argument `output`")


def test_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        mm_keras_cli.main(["--version"])
    assert ended.value.code == 0
    assert (
        capsys.readouterr().out == f"mm-keras {metadata.version('mm-keras')}\n"
    )


def test_backend_that_cannot_train_is_explained(mm_keras, tmp_path):
    done = mm_keras("demo", "--output", tmp_path / "new", KERAS_BACKEND="jax")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "expects the backend tensorflow" in line
    assert "Received: jax" in line
    assert not (tmp_path / "new").exists()


def test_what_an_import_writes_is_discarded_and_later_output_is_not(
    capfd, tmp_path, monkeypatch
):
    module = tmp_path / "noisy_module.py"
    module.write_text("import os\nos.write(2, b'noise')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert quiet.load("noisy_module").__name__ == "noisy_module"
    os.write(2, b"a message")
    assert capfd.readouterr().err == "a message"


def test_failed_import_is_raised_and_output_restored(capfd):
    with pytest.raises(ImportError):
        quiet.load("no_such_module")
    os.write(2, b"a message")
    assert capfd.readouterr().err == "a message"
