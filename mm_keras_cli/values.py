"""What texts on the command line stand for."""


def read_value(text, default=None):
    """Returns the value that a text stands for.

    A number, `true`, `false` or `none`, else the text itself; several of them,
    with commas between them, are a tuple, and so is a single one where the
    `default` is.
    """
    if "," in text or isinstance(default, tuple):
        parts = [part for part in text.split(",") if part]
        return tuple(read_value(part) for part in parts)
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def read_options(text):
    """Returns the options of a text, `OPTION=VALUE,...`, as texts by name.

    Colons between them do as well as commas. What follows a comma without a
    `=` belongs to the value before it: `levels=P3,P4,width=16`.

    Raises:
        ValueError: If an option has no name or no value, or comes twice.
    """
    options = {}
    for group in text.split(":") if text else ():
        name = None
        for part in group.split(","):
            if name and "=" not in part:
                options[name] += f",{part}"
                continue
            name, _, value = part.partition("=")
            if not name or not value or name in options:
                raise ValueError(
                    f"each option once, as OPTION=VALUE, received {part!r}"
                )
            options[name] = value
    return options
