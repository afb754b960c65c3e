"""What all tests share: a seed, a quiet TensorFlow, prepared data."""

import os
import pathlib

# Before the first import of TensorFlow.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

pytest_plugins = ["data_fixtures"]

SHARED_DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def same_start():
    """Every test starts from one seed and leaves no global policy behind."""
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data sets, `MM_KERAS_DATA`, where there is one."""
    folder = pathlib.Path(os.environ.get("MM_KERAS_DATA", SHARED_DATA))
    if not folder.is_dir():
        pytest.skip(f"No data sets in {folder}; set MM_KERAS_DATA.")
    return folder
