"""The command `mm-keras`.

A package beside `mm_keras`, since importing anything of that one imports
TensorFlow: help and wrong arguments are answered at once, TensorFlow's messages
can be held back, and `mm-keras doctor` runs where TensorFlow does not.
"""

import argparse
import contextlib
import importlib
import sys

from mm_keras_cli import quiet

DESCRIPTION = "Multi-task and multi-modal models for Keras 3."


def main(argv=None):
    """Runs a command.

    Args:
        argv: List of arguments. None means those of the process.

    Returns:
        Exit code: 0, or 1 where something is wrong. Arguments that do not
        parse exit with 2.
    """
    arguments = make_parser().parse_args(argv)
    command = importlib.import_module(f"mm_keras_cli.{arguments.command}")
    muted = contextlib.nullcontext() if arguments.debug else quiet.messages()
    try:
        with muted:
            return command.run(arguments)
    except KeyboardInterrupt:
        print("mm-keras: interrupted", file=sys.stderr)
        return 130
    except (ImportError, OSError, ValueError) as error:
        if arguments.debug:
            raise
        advice = " Run `mm-keras doctor`." * isinstance(error, ImportError)
        print(f"mm-keras: error: {one_line(error)}{advice}", file=sys.stderr)
        return 1


def make_parser():
    """Returns the parser of all commands."""
    parser = Parser(prog="mm-keras", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser(
        "demo",
        help="train, measure, export and show a network, in some minutes",
    )
    demo.add_argument(
        "--output",
        default="mm-keras-demo",
        help="folder to write (default: %(default)s)",
    )
    demo.add_argument(
        "--steps",
        type=positive_integer,
        help="number of training steps (default: those of the README)",
    )
    demo.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of weights and data (default: %(default)s)",
    )
    doctor = commands.add_parser(
        "doctor", help="check what is installed and where data is kept"
    )
    for command in (demo, doctor):
        command.add_argument(
            "--data-dir", help="folder of prepared data (default: that of TFDS)"
        )
    listing = commands.add_parser(
        "list", help="show models, encoders, tasks, fusions and strategies"
    )
    for command in (demo, listing, doctor):
        command.add_argument(
            "--debug",
            action="store_true",
            help="show the traceback of an error and all messages",
        )
    return parser


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message):
        self.exit(
            2, f"{self.prog}: error: {message} (see {self.prog} --help)\n"
        )


def positive_integer(text):
    """Returns a number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1, received {text!r}"
        )
    return int(text)


def one_line(error):
    """Returns the message of an error, without line breaks."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
