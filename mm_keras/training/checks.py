"""Names are checked here, since Keras is silent or obscure about wrong ones."""

import keras

CROSS_ENTROPIES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "sparse_categorical_crossentropy",
)
# How the parts of each kind are named.
EXAMPLES = {
    "inputs": "`{'image': x}`",
    "targets": "`{'digits': y}`",
    "sample_weights": "`{'digits': weights}`",
    "outputs": "`{'digits': tensor}`",
    "loss": "`{'digits': keras.losses.MeanSquaredError()}`",
    "loss_weights": "`{'digits': 0.5}`",
    "metrics": "`{'digits': ['accuracy']}`",
    "weighted_metrics": "`{'digits': ['accuracy']}`",
    "text": "`{'text': vectorization}`",
}


def check_keys(given, expected, what, needed=False):
    """Raises unless `given` is a dictionary whose keys are all expected.

    Keras matches an unknown key of inputs or loss weights by its position
    among the sorted names: wrong numbers, and no error.

    Args:
        given: What the user passed. None passes.
        expected: Names that may occur.
        what: What is keyed, for the message, such as `"loss_weights"`.
        needed: Whether every expected name must occur.
    """
    if given is None:
        return
    check_is_dictionary(given, what)
    expected = list(expected)
    unknown = sorted(set(given) - set(expected))
    missing = sorted(set(expected) - set(given)) if needed else []
    if unknown or missing:
        raise ValueError(
            f"Expected `{what}` to have {'all' if needed else 'some'} of the "
            f"keys {expected}. Received: {sorted(given)}. "
            + (f"Rename or remove {unknown}. " if unknown else "")
            + (f"Add {missing}." if missing else "")
        )


def check_has_tasks(tasks):
    """Raises if there is no task; `keras.models.clone_model` loses them."""
    if not tasks:
        raise ValueError(
            "Argument `tasks` of MultiTaskModel expects at least one task. "
            "Received: none. `keras.models.clone_model` forgets them: copy a "
            "model with `type(model).from_config(model.get_config())`, and its "
            "weights with `set_weights`."
        )


def check_is_dictionary(given, what):
    """Raises unless parts come by name."""
    if not isinstance(given, dict):
        raise ValueError(
            f"Expected `{what}` to be a dictionary, keyed by "
            f"{'modality' if what == 'inputs' else 'task'}. Received: "
            f"{shown(given)}. Name every part, as in {EXAMPLES.get(what)}."
        )


def shown(given):
    """Returns what was received, in a few words."""
    text = repr(given)
    return text if len(text) < 60 else type(given).__name__


def check_targets(y, expected):
    """Raises unless a batch has targets of at least one task."""
    check_keys(y, expected, "targets")
    if not y:
        raise ValueError(
            "Expected targets of at least one task, a dictionary with keys "
            f"among {list(expected)}. Received: {y}. Pass batches of "
            "`(inputs, targets)` or `(inputs, targets, sample_weights)`."
        )


def check_unused(strategy):
    """Raises if a strategy has been built, for a model or by a call."""
    if strategy is not None and strategy.built:
        raise ValueError(
            "Argument `balancing` expects a strategy of this model's own. "
            f"Received: {strategy.name!r}, which has been built before. Make "
            "a new one for each model."
        )


def check_reads_logits(task, loss):
    """Raises where a loss would read logits as probabilities.

    The outputs of a `MultiTaskModel` are logits. A cross-entropy by name, or
    with `from_logits=False`, takes them for probabilities and gives a wrong
    number without a word.
    """
    if reads_probabilities(keras.losses.get(loss)):
        raise ValueError(
            f"The loss of task {task!r} expects probabilities, but the outputs "
            f"of the model are logits. Received: loss={loss!r}. Pass an "
            "instance with `from_logits=True`, such as "
            "`keras.losses.SparseCategoricalCrossentropy(from_logits=True)`."
        )


def reads_probabilities(loss):
    """Whether a loss or function of Keras takes outputs as probabilities."""
    # A `PerExampleMean` holds the loss that it averages.
    loss = getattr(loss, "loss", loss)
    if isinstance(loss, keras.losses.Loss):
        config = loss.get_config()
        if "from_logits" in config:
            return not config["from_logits"]
        # A loss of Keras wraps the function of its name.
        loss = getattr(loss, "fn", None)
    return getattr(loss, "__name__", None) in CROSS_ENTROPIES
