"""`mm-keras list`."""

import inspect

from mm_keras_cli import quiet

# Public functions that make no part of a model.
HELPERS = (
    "compile_args",
    "copy",
    "fix_branches",
    "neck",
    "optional",
    "stages",
)
HELP = "show models, encoders, tasks, fusions and strategies"


def add_arguments(parser):
    """The command has no arguments of its own."""


def run(arguments):
    """Prints the parts a model is built of, each with a line of its docs."""
    for heading, parts in sections().items():
        print(f"\n{heading}\n")
        width = max(map(len, parts))
        for name, part in parts.items():
            print(f"  {name:{width}}  {summary(part)}")
    return 0


def sections():
    """Returns what there is, by heading: dictionaries from name to object."""
    mm_keras = quiet.load("mm_keras")
    zoo = quiet.load("mm_keras.zoo")
    fusion = quiet.load("mm_keras.layers.fusion")
    catalog = quiet.load("mm_keras.data.catalog")
    return {
        "Structures: mm_keras.models": functions(mm_keras.models),
        "Named models: mm_keras.zoo": functions(zoo),
        "Encoders: mm_keras.encoders": functions(mm_keras.encoders),
        "Tasks: mm_keras.tasks": functions(mm_keras.tasks),
        "Fusion of modalities: fusion='...'": fusion.NAMES,
        "Balancing of tasks: balancing='...'": mm_keras.balancing.STRATEGIES,
        "Data sets: mm_keras.data.offers('...')": catalog.ENTRIES,
    }


def functions(module):
    """Returns the public functions of a module, by name."""
    public = {name: getattr(module, name) for name in module.__all__}
    return {
        name: part
        for name, part in public.items()
        if inspect.isfunction(part) and name not in HELPERS
    }


def summary(part):
    """Returns the first sentence on a function, a class or a data set."""
    about = getattr(part, "about", None)
    return about or inspect.getdoc(part).splitlines()[0]
