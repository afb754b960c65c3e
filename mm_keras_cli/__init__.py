"""The command `mm-keras`.

A package beside `mm_keras`, since importing anything of that one imports
TensorFlow: help and wrong arguments are answered at once, TensorFlow's messages
can be held back, and `mm-keras doctor` runs where TensorFlow does not.
"""

import argparse
import contextlib
import importlib
import sys
from importlib import metadata

from mm_keras_cli import quiet

DESCRIPTION = "Multi-task and multi-modal models for Keras 3."
COMMANDS = (
    "demo",
    "list",
    "check-data",
    "train",
    "evaluate",
    "predict",
    "export",
    "doctor",
)


def main(argv=None):
    """Runs a command.

    Args:
        argv: List of arguments. None means those of the process.

    Returns:
        Exit code: 0, or 1 where something is wrong. Arguments that do not
        parse exit with 2.
    """
    arguments = make_parser().parse_args(argv)
    command = find_command(arguments.command)
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
    parser.add_argument("--version", action=Version, help="show the version")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = find_command(name)
        subparser = commands.add_parser(name, help=command.HELP)
        command.add_arguments(subparser)
        subparser.add_argument(
            "--debug",
            action="store_true",
            help="show the traceback of an error and all messages",
        )
    return parser


def find_command(name):
    """Returns the module of a command, which imports nothing that is heavy."""
    return importlib.import_module(f"mm_keras_cli.{name.replace('-', '_')}")


class Version(argparse.Action):
    """Prints the installed version, without importing the package."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, nargs=0, **kwargs)

    def __call__(self, parser, *args):
        print(f"mm-keras {metadata.version('mm-keras')}")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message):
        self.exit(
            2, f"{self.prog}: error: {message} (see {self.prog} --help)\n"
        )


def one_line(error):
    """Returns the message of an error, without line breaks."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
