"""Layers, losses, metrics and strategies conform on JAX too.

So do the values that the tests of losses, metrics and strategies hold.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).parents[1]
PARTS = ("conformance/test_conformance.py", "losses", "metrics", "balancing")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="JAX is not installed"
)
def test_parts_conform_on_jax():
    # Every small operation is compiled once; what it compiles to is run once.
    flags = "--xla_backend_optimization_level=0"
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(TESTS / p for p in PARTS)],
        env=environment,
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
    )
    report = run.stdout + run.stderr
    assert run.returncode == 0, report
    assert "passed" in report and "skipped" not in report, report
