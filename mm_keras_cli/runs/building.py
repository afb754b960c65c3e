"""The model of a run: from names and options to a compiled model."""

import inspect

import keras

from mm_keras import balancing
from mm_keras import models
from mm_keras import zoo
from mm_keras.layers.fusion import NAMES as FUSIONS
from mm_keras_cli import list as listing
from mm_keras_cli import part_arguments
from mm_keras_cli.part_arguments import Part
from mm_keras_cli.runs import encoding

ZOO = "zoo."


def is_whole(settings):
    """Whether the model is one of the zoo, with encoders and tasks."""
    return settings.model.name.startswith(ZOO)


def check(settings):
    """Raises if a name is unknown, before any data is read.

    Args:
        settings: Settings of the training.

    Raises:
        ValueError: If it is, or an option of what needs no data.
    """
    _find_model(settings)
    encoding.check(settings.encoders or ())
    make_optimizer(settings)
    _chosen(settings)


def build(settings, inputs, text, tasks):
    """Builds a structure of encoders and tasks.

    Args:
        settings: Settings of the training.
        inputs: Dictionary from input to the `tf.TensorSpec` of its batches.
        text: A `keras.layers.TextVectorization`, or None.
        tasks: List of `mm_keras.tasks.Task`.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If a name or an option is unknown, or parts do not fit.
    """
    structure = _find_model(settings)
    asked = settings.encoders or ()
    known = {
        "encoders": encoding.make_encoders(asked, inputs, text),
        "tasks": tasks,
        "optimizer": make_optimizer(settings),
        **_chosen(settings),
    }
    return part_arguments.call(structure, settings.model, "--model", known)


def build_whole(settings, inputs, text, known):
    """Builds a model of the zoo.

    Args:
        settings: Settings of the training.
        inputs: Dictionary from input to the `tf.TensorSpec` of its batches.
        text: A `keras.layers.TextVectorization`, or None.
        known: Dictionary of what else such a model may ask for: the number of
            training `steps` and of classes, `num_classes`, or None.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If a name or an option is unknown, or something is asked
            for that the model brings along.
    """
    make = _find_model(settings)
    own = ["tasks", "encoders", "fusion", "balancing"]
    if "optimizer" not in inspect.signature(make).parameters:
        own += ["optimizer", "learning_rate"]
    asked = [name for name in own if getattr(settings, name) is not None]
    if asked:
        raise ValueError(
            f"--model {settings.model} brings its own {', '.join(own)}. "
            f"Received: {', '.join(asked)}. Leave them out, or give a "
            "structure as --model, such as hard_sharing."
        )
    known = {**known, "optimizer": make_optimizer(settings)}
    for spec in inputs.values():
        known |= encoding.from_data(spec, text)
    known = {
        name: value
        for name, value in known.items()
        if value is not None and name not in settings.model.options
    }
    return part_arguments.call(make, settings.model, "--model", known)


def _find_model(settings):
    whole = {ZOO + n: make for n, make in listing.functions(zoo).items()}
    table = {**listing.functions(models), **whole}
    return part_arguments.find(table, settings.model, "--model")


def make_optimizer(settings):
    """Makes an optimizer of Keras."""
    table = {
        name.lower(): thing
        for name, thing in vars(keras.optimizers).items()
        if inspect.isclass(thing)
        and issubclass(thing, keras.optimizers.Optimizer)
        and thing is not keras.optimizers.Optimizer
    }
    part = settings.optimizer or Part("adam")
    make = part_arguments.find(table, part, "--optimizer")
    rate = settings.learning_rate
    known = {} if rate is None else {"learning_rate": rate}
    return part_arguments.call(make, part, "--optimizer", known)


def _chosen(settings):
    """Returns the fusion and the strategy that were asked for."""
    tables = {"fusion": FUSIONS, "balancing": balancing.STRATEGIES}
    names = {"fusion": {"name": "fusion"}, "balancing": {}}
    chosen = {}
    for argument, table in tables.items():
        part, flag = getattr(settings, argument), f"--{argument}"
        if part is not None:
            make = part_arguments.find(table, part, flag)
            known = names[argument]
            chosen[argument] = part_arguments.call(make, part, flag, known)
    return chosen
