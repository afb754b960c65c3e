"""`mm-keras doctor` says what is missing and what to do."""

import os
import re
import types
from importlib import metadata

import pytest
from packaging.requirements import Requirement

import mm_keras_cli
from mm_keras_cli import doctor


def test_sound_environment_needs_nothing(capsys, tfds_dir):
    assert mm_keras_cli.main(["doctor", "--data-dir", tfds_dir]) == 0
    shown = capsys.readouterr().out
    assert f"prepared in {tfds_dir}" in shown
    for package in ("python", "keras", "tensorflow", "tensorflow-datasets"):
        assert f"\n{package} " in shown
    assert "keras backend            tensorflow" in shown
    assert "cpu:0" in shown
    assert shown.endswith("Everything that is needed is there.\n")


def test_data_that_is_not_prepared_is_no_problem(capsys, tmp_path):
    assert mm_keras_cli.main(["doctor", "--data-dir", str(tmp_path)]) == 0
    assert "not prepared; its first use does it" in capsys.readouterr().out


def test_data_folder_that_cannot_be_written_is_explained(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert mm_keras_cli.main(["doctor", "--data-dir", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert f"{tmp_path} is expected to be writable, and is not. Set" in shown


def test_prepared_data_may_be_read_only(capsys, tfds_dir, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert mm_keras_cli.main(["doctor", "--data-dir", tfds_dir]) == 0


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        (
            "numpy<1",
            r"numpy<1 is expected, received \d.*`pip install 'numpy<1'`",
        ),
        ("no-such-package>=2", "received none. Run `pip install"),
    ],
)
def test_package_that_does_not_fit_is_explained(requirement, said):
    (problem,) = doctor.check_package(Requirement(requirement))
    assert re.search(said, problem)


def test_package_that_fits_is_fine():
    assert not list(doctor.check_package(Requirement("numpy>=1.26,<99")))


def test_problem_makes_the_exit_code_one_and_stops_before_imports(
    capsys, monkeypatch
):
    requires = ["numpy<1", 'onnx; extra == "onnx"']
    monkeypatch.setattr(metadata, "requires", lambda name: requires)
    monkeypatch.setattr(doctor, "check_backend", lambda: 1 / 0)
    assert mm_keras_cli.main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("! ") == 1
    assert "Everything" not in shown


def test_python_that_is_not_supported_is_explained():
    (problem,) = doctor.check_python("<3.0")
    assert "Python <3.0 is expected, received 3." in problem
    assert not list(doctor.check_python(">=3.11"))


def test_package_that_is_only_a_folder_is_explained(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGE", "not-installed-at-all")
    (problem,) = doctor.check_packages()
    assert "Run `pip install .`" in problem


def test_extra_says_how_to_install_it(capsys):
    needed = [Requirement(r) for r in ("numpy", 'nowhere; extra == "export"')]
    doctor.show_extra("export", needed)
    assert "pip install 'mm-keras[export]'" in capsys.readouterr().out
    doctor.show_extra("export", [Requirement('numpy; extra == "export"')])
    assert capsys.readouterr().out.split()[-1] == "installed"


def test_backend_that_cannot_train_is_explained(monkeypatch):
    keras = types.SimpleNamespace(
        backend=types.SimpleNamespace(backend=lambda: "jax")
    )
    monkeypatch.setattr(doctor.quiet, "load", lambda name: keras)
    (problem,) = doctor.check_backend()
    assert "expected to be tensorflow" in problem
    assert "received jax. Unset KERAS_BACKEND" in problem


def test_broken_tensorflow_is_explained(monkeypatch):
    def fail(name):
        raise ImportError("DLL load failed")

    monkeypatch.setattr(doctor.quiet, "load", fail)
    (problem,) = doctor.check_backend()
    assert "received DLL load failed. Install" in problem
