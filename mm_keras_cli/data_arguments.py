"""Which data a command works on: arguments, and the source behind them."""

from mm_keras_cli import arguments as types
from mm_keras_cli import own_files
from mm_keras_cli import prepared_data
from mm_keras_cli import quiet
from mm_keras_cli import task_arguments

# Pictures of various sizes are brought to this one, in pixels.
SIZE = (224, 224)


def add_data(parser):
    """Adds the arguments that say which data and tasks a command works on."""
    parser.add_argument(
        "data",
        help="a name of TensorFlow Datasets (digit_scenes, coco/2017), or your "
        "own files: a folder in the layout of PASCAL VOC, a JSON file in "
        "COCO's format, a CSV file, or a folder with a folder for each class; "
        "with {split} in the path where splits have files of their own",
    )
    parser.add_argument(
        "--split",
        dest="splits",
        metavar="NAME",
        action="append",
        help="a split to look at; repeat it for more (default: all)",
    )
    task_arguments.add_task(parser)
    parser.add_argument(
        "--input",
        dest="inputs",
        metavar="NAME",
        action="append",
        help="an input to look at; repeat it for more (default: the first)",
    )
    parser.add_argument(
        "--image-size",
        nargs=2,
        type=types.positive_integer,
        metavar=("HEIGHT", "WIDTH"),
        help="size of pictures in pixels (default: their own, or 224 224 "
        "where it varies)",
    )
    parser.add_argument(
        "--images",
        help="folder of the pictures of a JSON or CSV file, which may have "
        "{split} in it (default: that of the file)",
    )
    types.add_data_dir(parser)


def open_source(arguments):
    """Returns the source of the data that arguments name.

    A source has the names of its `splits` and of the `inputs` to begin with,
    says whether the size of its pictures `varies`, knows its
    `default_tasks()`, can `suggest(kind, feature)` the arguments of a task, and
    can `load(split, tasks=..., **options)`.

    Raises:
        ValueError: If there is no such data.
    """
    if own_files.are_files(arguments.data):
        return own_files.open_files(
            arguments.data, arguments.images, arguments.splits
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
    try:
        return source.load(
            split,
            tasks=tasks,
            inputs=tuple(arguments.inputs or source.inputs),
            image_size=size and tuple(size),
            **options,
        )
    except quiet.load("tensorflow").errors.OpError as error:
        reader = quiet.load("mm_keras.data.validation.reader")
        raise ValueError(
            f"Data {arguments.data!r} expects examples that can be read. "
            f"Received: {reader.describe_error(error)}. Prepare it anew."
        ) from error
