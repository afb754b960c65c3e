"""Parts of a model on the command line: `resnet:18:width=16,stem_stride=2`."""

import argparse
import dataclasses
import inspect

from mm_keras_cli import values

SYNTAX = "NAME[:VALUE][:OPTION=VALUE,...]"


@dataclasses.dataclass(frozen=True)
class Part:
    """A function or class and its arguments, before any is called.

    Args:
        name: Name of the function or class.
        value: The argument that needs no name, as text, or None.
        options: Dictionary of further arguments, as texts.
        modality: Name of the input that it is for, or None.
    """

    name: str
    value: str | None = None
    options: dict = dataclasses.field(default_factory=dict)
    modality: str | None = None

    def __str__(self):
        """The text that stands for the part on the command line."""
        name = f"{self.modality}={self.name}" if self.modality else self.name
        options = ["=".join(item) for item in self.options.items()]
        return ":".join(filter(None, [name, self.value, *options]))


def parse(text):
    """Returns the `Part` of a text.

    Raises:
        argparse.ArgumentTypeError: If the text is not like `SYNTAX`.
    """
    name, *rest = text.split(":")
    if not name.replace(".", "_").isidentifier():
        _refuse(text, f"a name, received {name!r}")
    value = rest.pop(0) if rest and "=" not in rest[0] else None
    if value == "" or not all("=" in part for part in rest):
        _refuse(text, f"one value, and options with =, received {rest}")
    try:
        return Part(name, value, values.read_options(":".join(rest)))
    except ValueError as error:
        _refuse(text, str(error))


def parse_encoder(text):
    """Returns the `Part` of a text that may begin with `MODALITY=`."""
    head, colon, rest = text.partition(":")
    modality, equals, name = head.rpartition("=")
    if equals and not modality.isidentifier():
        _refuse(text, f"the name of an input before =, received {modality!r}")
    part = parse(name + colon + rest)
    return dataclasses.replace(part, modality=modality or None)


def parse_options(text):
    """Returns a `Part` without a name: `OPTION=VALUE,...`."""
    try:
        return Part("", None, values.read_options(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error} in {text!r}") from error


def _refuse(text, expected):
    raise argparse.ArgumentTypeError(
        f"expected {SYNTAX} with {expected} in {text!r}"
    )


def find(table, part, flag):
    """Returns what a part is called in a table.

    Raises:
        ValueError: If the table has no such name.
    """
    if part.name not in table:
        raise ValueError(
            f"{flag} expects one of {', '.join(sorted(table))}. Received: "
            f"{part.name!r}. See `mm-keras list`."
        )
    return table[part.name]


def call(function, part, flag, known=None):
    """Calls a function with the arguments that were asked for.

    Args:
        function: A function or class.
        part: A `Part`. Its bare value is the first argument that is not known.
        flag: The argument of the command that it came with.
        known: Dictionary of arguments that are known already; what the
            function does not take is left out.

    Returns:
        What the function returns.

    Raises:
        ValueError: If an argument is unknown, missing or of a wrong kind.
    """
    parameters = dict(inspect.signature(function).parameters)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    given = {
        name: value
        for name, value in (known or {}).items()
        if takes_any or name in parameters
    }
    free = {
        name: parameter.default
        for name, parameter in parameters.items()
        if name not in given and parameter.kind is not parameter.VAR_KEYWORD
    }
    chosen = dict(part.options)
    if part.value is not None:
        chosen = {next(iter(free)): part.value, **chosen}
    unknown = set() if takes_any else chosen.keys() - free.keys()
    missing = {n for n, d in free.items() if d is inspect.Parameter.empty}
    if unknown or missing - chosen.keys():
        raise ValueError(
            f"{flag} {part} expects options among {', '.join(free)}"
            f"{f', with {sorted(missing)}' * bool(missing)}. Received: "
            f"{', '.join(chosen) or 'none'}. Write {SYNTAX}."
        )
    read = {n: values.read_value(t, free.get(n)) for n, t in chosen.items()}
    try:
        return function(**given, **read)
    except TypeError as error:
        raise ValueError(
            f"{flag} {part} expects values of other kinds. Received: {read}. "
            f"It said: {error}."
        ) from error
