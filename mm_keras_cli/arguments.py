"""Types of arguments that several commands have."""

import argparse


def positive_integer(text):
    """Returns a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text!r}"
        )
    return int(text)


def add_data_dir(parser):
    """Adds `--data-dir`."""
    parser.add_argument(
        "--data-dir", help="folder of prepared data (default: that of TFDS)"
    )
