"""Tasks on the command line: `--task detection:digits:10:max_boxes=20`."""

import argparse
import dataclasses
import inspect

from mm_keras_cli import quiet
from mm_keras_cli import values

# The argument of each constructor in `mm_keras.tasks` that a bare number is.
NUMBERS = {
    "alignment": None,
    "classification": "num_classes",
    "depth": None,
    "detection": "num_classes",
    "keypoints": "num_points",
    "localization": None,
    "multi_label": "num_classes",
    "regression": "units",
    "segmentation": "num_classes",
    "tagging": "num_classes",
}
SYNTAX = "KIND:NAME[:NUMBER][:OPTION=VALUE,...]"
HELP = (
    f"{SYNTAX}, a task to look at: its kind, one of {', '.join(NUMBERS)}; its "
    "name, that of the feature with the labels; how many classes there are "
    "(numbers, in a regression), where the data does not say it; and options "
    "of mm_keras.tasks, such as feature=label or weight=0.5. Repeat it for "
    "more tasks."
)


@dataclasses.dataclass(frozen=True)
class TaskArgument:
    """A task as it was asked for, before the data has been looked at.

    Args:
        kind: Name of a constructor in `mm_keras.tasks`.
        name: Name of the task.
        number: Number of classes or of numbers; None leaves it to the data.
        options: Dictionary of further arguments, as texts.
    """

    kind: str
    name: str
    number: int | None = None
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def feature(self):
        """Name of the feature with the labels."""
        return self.options.get("feature", self.name)

    def __str__(self):
        """The text that stands for the task on the command line."""
        number = [] if self.number is None else [str(self.number)]
        options = map("=".join, self.options.items())
        return ":".join([self.kind, self.name, *number, *options])


def add_task(parser):
    """Adds `--task` to the parser of a command."""
    parser.add_argument(
        "--task",
        dest="tasks",
        metavar="TASK",
        action="append",
        type=parse,
        help=HELP,
    )


def parse(text):
    """Returns the `TaskArgument` of a text.

    Raises:
        argparse.ArgumentTypeError: If the text is not like `SYNTAX`.
    """
    kind, *parts = text.split(":")
    if kind not in NUMBERS:
        known = ", ".join(NUMBERS)
        _refuse(text, f"a kind among {known}, received {kind!r}")
    if not parts or not parts[0].isidentifier():
        received = f"received {parts[:1]}"
        _refuse(text, f"a name of letters, digits and _, {received}")
    name, *parts = parts
    number = None
    if parts and "=" not in parts[0]:
        number = _read_number(text, kind, parts.pop(0))
    try:
        options = values.read_options(":".join(parts))
    except ValueError as error:
        _refuse(text, error)
    return TaskArgument(kind, name, number, options)


def _read_number(text, kind, number):
    received = f"received {number!r}"
    if NUMBERS[kind] is None:
        _refuse(text, f"no number, which {kind} has none of, {received}")
    if not number.isdecimal() or int(number) < 1:
        _refuse(text, f"a whole number of at least 1, {received}")
    return int(number)


def _refuse(text, expected):
    raise argparse.ArgumentTypeError(
        f"expected {SYNTAX} with {expected} in {text!r}"
    )


def make_tasks(arguments, suggest):
    """Makes the tasks that were asked for.

    Args:
        arguments: List of `TaskArgument`.
        suggest: Function `(kind, feature)` that returns what the data says of
            a feature: a dictionary of arguments for the constructor.

    Returns:
        List of `mm_keras.tasks.Task`.

    Raises:
        ValueError: If an option or a number does not fit, or is missing.
    """
    names = [argument.name for argument in arguments]
    if len(set(names)) < len(names):
        raise ValueError(
            f"Every --task expects a name of its own. Received: {names}. Give "
            "two tasks of one feature different names, with feature=NAME."
        )
    return [_make_task(argument, suggest) for argument in arguments]


def _make_task(argument, suggest):
    constructor = getattr(quiet.load("mm_keras").tasks, argument.kind)
    parameters = dict(inspect.signature(constructor).parameters)
    del parameters["name"]
    chosen = dict(suggest(argument.kind, argument.feature))
    for option, text in argument.options.items():
        if option not in parameters:
            raise ValueError(
                f"--task {argument.kind}:{argument.name} expects options "
                f"among {', '.join(parameters)}. Received: {option}={text}. "
                "See `mm_keras.tasks`."
            )
        chosen[option] = values.read_value(text, parameters[option].default)
    number = NUMBERS[argument.kind]
    if argument.number is not None:
        chosen[number] = argument.number
    if _is_required(parameters.get(number)) and number not in chosen:
        raise ValueError(
            f"--task {argument.kind}:{argument.name} expects the number of "
            "classes. Received: none, and the data does not say it of feature "
            f"{argument.feature!r}. Write for example --task "
            f"{argument.kind}:{argument.name}:10."
        )
    return constructor(argument.name, **chosen)


def _is_required(parameter):
    empty = inspect.Parameter.empty
    return parameter is not None and parameter.default is empty
