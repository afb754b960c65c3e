"""`mm-keras predict`."""

import pathlib
import sys

from mm_keras_cli import arguments as types
from mm_keras_cli import quiet
from mm_keras_cli.runs import folder as folders

HELP = "predict with a trained model, for pictures or the rows of a table"


def add_arguments(parser):
    """Adds the arguments of the command."""
    types.add_run(parser)
    parser.add_argument(
        "examples",
        nargs="+",
        help="pictures (JPEG or PNG) or folders of them; or a CSV file with a "
        "column for each input, where the model takes more than a picture",
    )
    parser.add_argument(
        "--images",
        help="folder of the pictures of a CSV file (default: its own)",
    )
    parser.add_argument("--json", help="file of JSON to write, with all of it")
    parser.add_argument(
        "--pictures",
        metavar="FOLDER",
        help="folder to write to: each picture, with what was found in it",
    )
    parser.add_argument(
        "--least-score",
        type=types.share,
        default=0.4,
        metavar="SCORE",
        help="leave out boxes of a lower score (default: %(default)s)",
    )
    parser.add_argument(
        "--batch-size",
        type=types.positive_integer,
        default=16,
        metavar="N",
        help="examples at once (default: %(default)s)",
    )


def run(arguments):
    """Prints what was found; returns 1 if a file could not be read."""
    predicting = quiet.load("mm_keras_cli.runs.predicting")
    answers = quiet.load("mm_keras_cli.runs.answers")
    answered, problems = predicting.run(arguments)
    for answer in answered:
        print(answer["example"])
        for task, found in answer["found"].items():
            print(f"  {task}: {answers.words(found)}")
    if arguments.json:
        folders.write_json(pathlib.Path(arguments.json), answered)
    for problem in problems:
        print(f"mm-keras: left out: {problem}", file=sys.stderr)
    return 1 if problems else 0
