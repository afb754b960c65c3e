import copy
import dataclasses
import inspect

import keras

from mm_keras.losses.per_example_mean import per_example
from mm_keras.tasks.target import Target


@keras.saving.register_keras_serializable(package="mm_keras")
@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """A declaration of one thing that a model predicts.

    It holds configurations, not live objects: every model makes fresh layers,
    losses and metrics of its own, so one list of tasks serves single-task
    baselines and the multi-task model alike, and is saved with each.

    Args:
        name: Name of the task: the key of its output, target, loss, loss
            weight, sample weight and metrics.
        target: A `mm_keras.tasks.Target`.
        head: A layer that maps a view of the shared features to the raw,
            float32 output. Its attribute `view` names the view it reads:
            `"vector"` (the default), `"tokens"`, `"pyramid"` or
            `"modalities"`.
        loss: A `keras.losses.Loss` on the raw output, or its name.
        metrics: Metrics on the decoded output.
        decode: A layer that maps the raw output to what people read, a tensor
            or a dictionary of tensors. None leaves the output as it is.
        weight: What the loss is multiplied by. At least 0.

    Raises:
        ValueError: If the name cannot name a layer, the weight is negative, or
            a part cannot be saved with the model, such as a bare function.

    Example:

    >>> task = mm_keras.tasks.Task(
    ...     "angle",
    ...     target=mm_keras.tasks.Target("number", (1,)),
    ...     head=keras.layers.Dense(1, dtype="float32"),
    ...     loss=keras.losses.Huber(),
    ... )
    >>> task.make_loss().name
    'huber_loss'
    """

    name: str
    target: Target
    head: dict
    loss: dict
    metrics: tuple = ()
    decode: dict | None = None
    weight: float = 1.0

    def __post_init__(self):
        check_name(self.name)
        if not self.weight >= 0:
            raise ValueError(
                f"Task {self.name!r} expects a `weight` of at least 0. "
                f"Received: weight={self.weight}. Use 0 to look at a task "
                "without training it."
            )
        if not isinstance(self.metrics, list | tuple):
            raise ValueError(
                f"Argument `metrics` of task {self.name!r} expects a list or "
                f"tuple. Received: metrics={self.metrics!r}. Put a single "
                "metric in brackets."
            )
        loss = self.loss
        if isinstance(loss, str | keras.losses.Loss):
            loss = per_example(loss)
        parts = {
            "head": _configure(self, "head", self.head),
            "loss": _configure(self, "loss", loss),
            "metrics": tuple(
                _configure(self, "metrics", metric) for metric in self.metrics
            ),
        }
        if self.decode is not None:
            parts["decode"] = _configure(self, "decode", self.decode)
        for field, config in parts.items():
            object.__setattr__(self, field, config)

    def make_head(self, name=None):
        """Returns a fresh head, a layer named `<task>_head`."""
        return _revive(self.head, name or f"{self.name}_head")

    def make_loss(self):
        """Returns a fresh loss, which gives one value per example."""
        return per_example(_revive(self.loss))

    def make_metrics(self):
        """Returns fresh metrics."""
        return [_revive(metric) for metric in self.metrics]

    def make_decode(self, name=None):
        """Returns a fresh decoding layer, or None where nothing is decoded."""
        if self.decode is None:
            return None
        return _revive(self.decode, name or f"{self.name}_decode")

    def get_config(self):
        fields = {
            f.name: getattr(self, f.name) for f in dataclasses.fields(self)
        }
        target = keras.saving.serialize_keras_object(self.target)
        return {**fields, "target": target, "metrics": list(self.metrics)}

    @classmethod
    def from_config(cls, config):
        target = keras.saving.deserialize_keras_object(config["target"])
        return cls(**{**config, "target": target})


def check_name(name):
    """Raises unless `name` can name a task, and a layer of Keras."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            "The name of a task expects letters, digits and underscores, as in "
            f"a Python name. Received: name={name!r}. It becomes part of the "
            "names of layers, logs and exported outputs."
        )


def _configure(task, field, value):
    """Returns the configuration of a part of a task, once it can be revived."""
    try:
        if inspect.isfunction(value):
            raise TypeError("It is a bare function.")
        config = value
        if not isinstance(value, dict):
            config = keras.saving.serialize_keras_object(value)
        if not hasattr(_revive(config), "get_config"):
            raise TypeError("It has no method `get_config`.")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"Argument `{field}` of task {task.name!r} expects an object of a "
            "registered class, which can be saved with the model. Received: "
            f"{value!r}. Subclass `keras.layers.Layer` (or "
            "`keras.losses.Loss`, `keras.metrics.Metric`) and decorate the "
            "class with `keras.saving.register_keras_serializable()`."
        ) from error
    return config


def _revive(config, name=None):
    """Returns a fresh object from its configuration, renamed if asked."""
    # Keras lets a class change the configuration it is made from.
    config = copy.deepcopy(config)
    if name is not None:
        config["config"]["name"] = name
    return keras.saving.deserialize_keras_object(config)
