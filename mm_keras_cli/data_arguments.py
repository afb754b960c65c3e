"""Which data a command works on: arguments, and the source behind them."""

from mm_keras_cli import arguments as types
from mm_keras_cli import finding_files
from mm_keras_cli import prepared_data
from mm_keras_cli import quiet
from mm_keras_cli import task_arguments

# Pictures of various sizes are brought to this one, in pixels.
SIZE = (224, 224)


def add_data(parser, **options):
    """Adds the arguments that say which data and tasks a command works on.

    Args:
        parser: Parser of the command.
        **options: Further options of the argument `data`.
    """
    parser.add_argument(
        "data",
        help="a name of TensorFlow Datasets (digit_scenes, coco/2017), or your "
        "own files: a folder in the layout of PASCAL VOC, a JSON file in "
        "COCO's format, a CSV file, or a folder with a folder for each class; "
        "with {split} in the path where splits have files of their own",
        **options,
    )
    task_arguments.add_task(parser)
    parser.add_argument(
        "--input",
        dest="inputs",
        metavar="NAME",
        action="append",
        help="an input to feed; repeat it for more (default: the first)",
    )
    parser.add_argument(
        "--image-size",
        nargs=2,
        type=types.positive_integer,
        metavar=("HEIGHT", "WIDTH"),
        help="size of pictures in pixels (default: their own, or 224 224 "
        "where it varies)",
    )
    add_images(parser)
    types.add_data_dir(parser)


def add_images(parser):
    """Adds `--images`."""
    parser.add_argument(
        "--images",
        help="folder of the pictures of a JSON or CSV file, which may have "
        "{split} in it (default: that of the file)",
    )


def open_source(arguments, splits=None, named=()):
    """Returns the source of the data that arguments name.

    A source has the names of its `splits` and of the `inputs` to begin with,
    says whether the size of its pictures `varies`, knows its
    `default_tasks()` and the `class_names(task)`, and can `suggest(kind,
    feature)` the arguments of a task, `load(split, tasks=..., **options)`, and
    `hold_out` a share of a split.

    Args:
        arguments: Arguments of a command.
        splits: Names of splits of a user's own files, or None for those that
            are found.
        named: Names of splits to look for before the usual ones.

    Raises:
        ValueError: If there is no such data.
    """
    if finding_files.are_files(arguments.data):
        return finding_files.open_files(
            arguments.data, arguments.images, splits, named
        )
    return prepared_data.PreparedData(arguments.data, arguments.data_dir)


def make_tasks(arguments, source):
    """Returns the tasks that were asked for, or else those of the data."""
    asked = arguments.tasks or [
        task_arguments.parse(text) for text in source.default_tasks()
    ]
    return task_arguments.make_tasks(asked, source.suggest)


def load(arguments, source, split, tasks, **options):
    """Loads a split as batches, as `mm_keras.data.load` does.

    Raises:
        ValueError: If the first examples cannot be read.
    """
    size = arguments.image_size or (SIZE if source.varies else None)
    known = {
        "inputs": tuple(arguments.inputs or source.inputs),
        "image_size": size and tuple(size),
    }
    try:
        return source.load(split, tasks=tasks, **{**known, **options})
    except quiet.load("tensorflow").errors.OpError as error:
        reader = quiet.load("mm_keras.data.validation.reader")
        raise ValueError(
            f"Data {arguments.data!r} expects examples that can be read. "
            f"Received: {reader.describe_error(error)}. Prepare it anew."
        ) from error
