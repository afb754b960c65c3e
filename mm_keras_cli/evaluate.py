"""`mm-keras evaluate`."""

import pathlib

from mm_keras_cli import arguments as types
from mm_keras_cli import data_arguments
from mm_keras_cli import quiet
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import measures

HELP = "measure a trained model on a split, or on other data"


def add_arguments(parser):
    """Adds the arguments of the command."""
    types.add_run(parser)
    parser.add_argument(
        "--split",
        metavar="NAME",
        help="a split (default: that of --test of the training, or else what "
        "it was validated on)",
    )
    parser.add_argument(
        "--data",
        help="other data than that of the training (default: the same)",
    )
    data_arguments.add_images(parser)
    types.add_data_dir(parser)
    parser.add_argument(
        "--batch-size",
        type=types.positive_integer,
        metavar="N",
        help="examples at once (default: that of the training)",
    )
    parser.add_argument("--json", help="file of JSON to write, with all scores")


def run(arguments):
    """Prints what the model reaches on the data."""
    measuring = quiet.load("mm_keras_cli.runs.measuring")
    tasks, name, scores = measuring.run(arguments)
    print(measures.table(tasks, {name: scores}))
    if arguments.json:
        folders.write_json(pathlib.Path(arguments.json), {name: scores})
    return 0
