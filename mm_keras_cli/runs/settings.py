"""What a training is told: on the command line, or in a `config.json`."""

import argparse
import json
import pathlib

from mm_keras_cli import part_arguments
from mm_keras_cli.runs import training_arguments

# What is called otherwise on the command line, where it may be repeated.
REPEATED = {"tasks": "task", "encoders": "encoder", "inputs": "input"}
# What is said of one call of the command and not of the training.
NOT_KEPT = ("command", "config", "debug", "output", "resume")


def complete(given, config=None):
    """Returns all settings of a training.

    Args:
        given: Arguments of the command.
        config: Path of a `config.json`, for what was not given, or None.

    Raises:
        ValueError: If the file holds something else, or no data is named.
    """
    said = {k: v for k, v in vars(given).items() if v is not None}
    known = {} if config is None else vars(read(config))
    nothing = dict.fromkeys(vars(_parser("").parse_args([])))
    settings = {**nothing, **training_arguments.DEFAULTS, **known, **said}
    if settings["data"] is None:
        raise ValueError(
            "mm-keras train expects the name of a data set, or files of your "
            "own. Received: none. Write for example `mm-keras train "
            "digit_scenes --output run`."
        )
    return argparse.Namespace(**settings)


def of_earlier(given, config):
    """Returns the settings of a training that is gone on with.

    Args:
        given: Arguments of the command.
        config: Path of the `config.json` of the training.

    Raises:
        ValueError: If anything but the number of epochs is to be changed.
    """
    said = {k for k, v in vars(given).items() if v is not None}
    changed = said - {"command", "debug", "resume", "epochs"}
    if changed:
        raise ValueError(
            "mm-keras train --resume expects no other arguments than --epochs: "
            f"the training goes on as it was told. Received: {sorted(changed)}."
            f" Begin another one with --config {config} and --output."
        )
    return complete(given, config)


def to_json(settings):
    """Returns settings as a dictionary like the arguments of the command."""
    kept = {}
    for name, value in vars(settings).items():
        if value is None or name in NOT_KEPT:
            continue
        if isinstance(value, part_arguments.Part):
            value = str(value)
        if name in REPEATED:
            value = list(map(str, value))
        kept[REPEATED.get(name, name.replace("_", "-"))] = value
    return kept


def read(path):
    """Returns the settings of a `config.json`, checked like arguments.

    Raises:
        ValueError: If there is no such file, or it holds something else.
    """
    path = pathlib.Path(path)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))["arguments"]
        texts = [text for item in kept.items() for text in _to_texts(*item)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} expects the settings of a training, a config.json that "
            f"mm-keras train has written. Received: {error!r}. Check the path."
        ) from error
    found = vars(_parser(path).parse_args(texts))
    return argparse.Namespace(
        **{k: v for k, v in found.items() if v is not None}
    )


def _to_texts(name, value):
    """Returns the arguments of a command that say the same."""
    if name == "data":
        return [value]
    if value is True:
        return [f"--{name}"]
    if name in REPEATED.values():
        return [f"--{name}={text}" for text in value]
    if isinstance(value, list):
        return [f"--{name}", *map(str, value)]
    return [f"--{name}={value}"]


def _parser(path):
    parser = _FileParser(prog=str(path), add_help=False, allow_abbrev=False)
    training_arguments.add_arguments(parser)
    return parser


class _FileParser(argparse.ArgumentParser):
    """Says of a file what is wrong with the arguments in it."""

    def error(self, message):
        raise ValueError(
            f"{self.prog} expects the arguments of mm-keras train. Received: "
            f"{message}. Correct the file."
        )
