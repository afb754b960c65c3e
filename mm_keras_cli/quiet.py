"""Holds back what TensorFlow says that no user of a command has use for."""

import contextlib
import importlib
import logging
import os
import sys
import warnings


@contextlib.contextmanager
def messages():
    """Keeps TensorFlow to errors, and Python from warning."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


def load(name):
    """Imports a module, and discards what that writes to standard error.

    The first messages of TensorFlow heed no level. A failure is raised as ever.
    """
    sys.stderr.flush()
    with open(os.devnull, "wb") as nowhere:
        kept = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            return importlib.import_module(name)
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
