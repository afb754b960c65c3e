"""`mm-keras train`."""

from mm_keras_cli import quiet
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import measures
from mm_keras_cli.runs import settings
from mm_keras_cli.runs import training_arguments

HELP = "train a model on a data set, or on your own files"


def add_arguments(parser):
    """Adds the arguments of the command."""
    training_arguments.add_arguments(parser)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--output", help="folder to write, new or empty")
    where.add_argument(
        "--resume",
        metavar="RUN",
        help="go on with the training whose folder this is, as it was told; "
        "more --epochs may be asked for",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the config.json of another training: what it was told holds "
        "where nothing else is said",
    )


def run(arguments):
    """Trains, measures and writes a folder; prints what was reached."""
    if arguments.resume is not None:
        folder = folders.RunFolder.open(arguments.resume)
        chosen = settings.of_earlier(arguments, folder.config)
    else:
        folder = folders.RunFolder(arguments.output)
        chosen = settings.complete(arguments, arguments.config)
        folder.check_new()
    training = quiet.load("mm_keras_cli.runs.training")
    try:
        tasks, scores = training.run(
            chosen, folder, resume=arguments.resume is not None
        )
    except KeyboardInterrupt:
        if folder.backup.exists():
            print(f"\nGo on with: mm-keras train --resume {folder.path}")
        raise
    print(f"\nThe best model reached:\n\n{measures.table(tasks, scores)}")
    print(f"\nNow open {folder.page}")
    return 0
