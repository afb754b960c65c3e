"""`mm-keras check-data`."""

import pathlib
import sys

from mm_keras_cli import data_arguments
from mm_keras_cli import quiet

HELP = "look for what is wrong with data, for people and for CI"


def add_arguments(parser):
    """Adds the arguments of the command."""
    data_arguments.add_data(parser)
    parser.add_argument(
        "--split",
        dest="splits",
        metavar="NAME",
        action="append",
        help="a split to look at; repeat it for more (default: all)",
    )
    parser.add_argument(
        "--page", help="file of HTML to write, with pictures of the worst"
    )
    parser.add_argument("--json", help="file of JSON to write, with all faults")


def run(arguments):
    """Prints what is wrong with the data; returns 1 if anything is."""
    data = quiet.load("mm_keras.data")
    source = data_arguments.open_source(arguments, arguments.splits)
    tasks = data_arguments.make_tasks(arguments, source)
    splits = {
        split or "data": data_arguments.load(
            arguments, source, split, tasks, shuffle=False
        )
        for split in arguments.splits or source.splits
    }
    report = data.validate(splits, tasks, verbose=int(sys.stdout.isatty()))
    for split in () if arguments.splits else source.unlabelled:
        print(f"{split}: not looked at, since its labels are not published")
    print(report)
    if arguments.json:
        write(arguments.json, report.to_json())
    if arguments.page:
        page = quiet.load("mm_keras_cli.check_data_page")
        write(arguments.page, page.make(arguments.data, splits, tasks, report))
    return 0 if report.ok else 1


def write(path, text):
    """Writes a file."""
    pathlib.Path(path).write_text(text, encoding="utf-8")
