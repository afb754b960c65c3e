import keras

from mm_keras.losses.class_cross_entropy import ClassCrossEntropy
from mm_keras.losses.per_example_mean import PerExampleMean
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task
from mm_keras.tasks.vector_head_for import vector_head_for


def classification(
    name,
    num_classes,
    *,
    hidden_units=(),
    view="vector",
    levels=None,
    label_smoothing=0.0,
    class_weight=None,
    feature=None,
    weight=1.0,
):
    """One class out of several for each example.

    Reads the vector, or the pyramid. The output is a logit per class; decoded,
    a probability per class. Reports the accuracy.

    Args:
        name: Name of the task.
        num_classes: Number of classes, at least 2.
        hidden_units: Widths of hidden layers in the head.
        view: `"vector"`, or `"pyramid"` where what counts may be small and
            anywhere in a picture.
        levels: Names of the levels of the pyramid to look at. None means all.
        label_smoothing: Share of the target spread over all classes, 0 to 1.
        class_weight: Dictionary from class id to weight in the loss.
        feature: Name of the feature with the labels; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a class id.

    Raises:
        ValueError: If there are fewer than two classes, or the view is unknown.

    Example:

    >>> task = mm_keras.tasks.classification("digit", 10, hidden_units=(100,))
    >>> task.target.kind
    'class'
    """
    check_num_classes("classification", num_classes)
    if label_smoothing or class_weight:
        loss = ClassCrossEntropy(
            num_classes,
            label_smoothing=label_smoothing,
            class_weight=class_weight,
        )
    else:
        loss = PerExampleMean(
            keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
    return Task(
        name,
        target=Target("class", (), "int32", num_classes, feature),
        head=vector_head_for(view, num_classes, hidden_units, levels),
        loss=loss,
        metrics=(keras.metrics.SparseCategoricalAccuracy(name="accuracy"),),
        decode=keras.layers.Softmax(dtype="float32"),
        weight=weight,
    )


def check_num_classes(kind, num_classes, least=2):
    """Raises unless there are enough classes."""
    if not isinstance(num_classes, int) or num_classes < least:
        raise ValueError(
            f"Argument `num_classes` of {kind} expects an integer of at least "
            f"{least}. Received: num_classes={num_classes!r}. Count every "
            "class the labels may have."
        )
