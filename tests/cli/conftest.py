import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
# What the console script does.
SCRIPT = "import sys; from mm_keras_cli import main; sys.exit(main())"


@pytest.fixture(scope="session")
def mm_keras():
    """Runs the command `mm-keras` as users do, in a process of its own."""

    def run(*arguments, **variables):
        environment = {**os.environ, **variables}
        # The command has to silence TensorFlow itself.
        environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )

    return run
