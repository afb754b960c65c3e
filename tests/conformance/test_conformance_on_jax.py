"""The conformance of layers, losses, metrics and strategies on JAX."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)
def test_parts_conform_on_jax():
    # Every small operation is compiled once; what it compiles to is run once.
    flags = "--xla_backend_optimization_level=0"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", HERE / "test_conformance.py"],
        env=environment,
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
    )
    report = run.stdout + run.stderr
    assert run.returncode == 0, report
    assert "passed" in report and "skipped" not in report, report
