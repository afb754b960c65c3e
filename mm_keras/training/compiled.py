"""What `compile` sets up."""

import keras

from mm_keras.losses.per_example_mean import per_example


class Compiled:
    """What `compile` set up, kept out of sight of Keras' tracking.

    Attributes:
        terms: Dictionary from task to `TaskTerm`.
        balancing: The strategy, or None.
        config: The arguments of `compile`.
        parts: The model cut where the shared part ends, once it is needed.
    """

    def __init__(self):
        self.terms = {}
        self.balancing = None
        self.config = {}
        self.parts = None


def of_task(given, name):
    """Returns the arguments of `compile` that concern one task."""
    parts = {what: (value or {}).get(name) for what, value in given.items()}
    return {
        what.replace("loss_weights", "weight"): part
        for what, part in parts.items()
    }


def serialize(config):
    """Returns the arguments of `compile` as they are saved with a model."""
    weights = config.get("loss_weights") or {}
    numbers = {name: float(weight) for name, weight in weights.items()}
    losses = config.get("loss") or {}
    losses = {name: whole(loss) for name, loss in losses.items()}
    config = keras.saving.serialize_keras_object(
        {**config, "loss": losses or None, "loss_weights": numbers or None}
    )
    if config.get("balancing") is not None:
        # The model that is loaded builds it for its own tasks.
        config["balancing"].pop("build_config", None)
    return config


def whole(loss):
    """Returns a loss whose configuration leaves no argument out."""
    return per_example(loss) if isinstance(loss, keras.losses.Loss) else loss
