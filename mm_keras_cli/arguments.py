"""Types of arguments that several commands have."""

import argparse
import math


def positive_integer(text):
    """Returns a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        _refuse("a whole number of at least 1", text)
    return int(text)


def positive_number(text):
    """Returns a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        _refuse("a number above 0", text)
    return number


def share(text):
    """Returns a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        _refuse("a number from 0 to 1", text)
    return number


def seed(text):
    """Returns a number that random generators can start from."""
    if not text.isdecimal() or int(text) >= 2**31:
        _refuse("a whole number from 0 to 2147483647", text)
    return int(text)


def _refuse(expected, text):
    raise argparse.ArgumentTypeError(f"expected {expected}, received {text!r}")


def add_data_dir(parser):
    """Adds `--data-dir`."""
    parser.add_argument(
        "--data-dir", help="folder of prepared data (default: that of TFDS)"
    )


def add_run(parser):
    """Adds the folder of a training."""
    parser.add_argument("run", help="folder that mm-keras train has written")
