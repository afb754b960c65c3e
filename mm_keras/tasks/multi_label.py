import keras

from mm_keras.losses.per_example_mean import PerExampleMean
from mm_keras.tasks.classification import check_num_classes
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task
from mm_keras.tasks.vector_head_for import vector_head_for


def multi_label(
    name,
    num_classes,
    *,
    hidden_units=(),
    view="vector",
    levels=None,
    feature=None,
    weight=1.0,
):
    """Any number of classes for each example.

    Reads the vector, or the pyramid. The output is a logit per class; decoded,
    the probability that the class is present. Reports the macro F1 at a
    threshold of 0.5.

    Args:
        name: Name of the task.
        num_classes: Number of classes, at least 1.
        hidden_units: Widths of hidden layers in the head.
        view: `"vector"`, or `"pyramid"` where what counts may be small and
            anywhere in a picture.
        levels: Names of the levels of the pyramid to look at. None means all.
        feature: Name of the feature with the labels; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target has a 0 or 1 per class.

    Raises:
        ValueError: If there is no class, or the view is unknown.

    Example:

    >>> mm_keras.tasks.multi_label("present", 10).target.shape
    (10,)
    """
    check_num_classes("multi_label", num_classes, least=1)
    return Task(
        name,
        target=Target(
            "labels", (num_classes,), "float32", num_classes, feature
        ),
        head=vector_head_for(view, num_classes, hidden_units, levels),
        loss=PerExampleMean(keras.losses.BinaryCrossentropy(from_logits=True)),
        metrics=(
            keras.metrics.F1Score(average="macro", threshold=0.5, name="f1"),
        ),
        decode=keras.layers.Activation("sigmoid", dtype="float32"),
        weight=weight,
    )
