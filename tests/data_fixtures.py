"""Prepared data for the tests; `pytest_plugins` of `conftest.py` names it."""

import hashlib
import pathlib
import tempfile

import pytest

from mm_keras import data


@pytest.fixture(scope="session")
def tfds_dir():
    """A data folder with `digit_scenes`, kept until its sources change."""
    folder = pathlib.Path(data.__file__).parent
    sources = ["stamps.py", "scenes.py", "digit_scenes.py"]
    state = hashlib.sha256(
        b"".join((folder / source).read_bytes() for source in sources)
    )
    name = f"mm_keras_tests_{state.hexdigest()[:16]}"
    path = pathlib.Path(tempfile.gettempdir()) / name
    data.prepare("digit_scenes", data_dir=str(path))
    return str(path)
