import keras

from mm_keras.losses.per_example_mean import PerExampleMean
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task
from mm_keras.tasks.vector_head_for import vector_head_for


def regression(
    name,
    units=1,
    *,
    hidden_units=(),
    view="vector",
    levels=None,
    delta=1.0,
    decode=None,
    feature=None,
    weight=1.0,
):
    """One or several real numbers for each example.

    Reads the vector, or the pyramid. The loss is that of Huber, which outliers
    do not dominate; reports the mean absolute error, of decoded values.

    Args:
        name: Name of the task.
        units: How many numbers.
        hidden_units: Widths of hidden layers in the head.
        view: `"vector"`, or `"pyramid"` where what counts may be small and
            anywhere in a picture.
        levels: Names of the levels of the pyramid to look at. None means all.
        delta: Error, in units of the label, at which the loss of Huber turns
            from a square to a line; small for labels that are exact.
        decode: Layer that maps the output to what people read, such as
            `mm_keras.layers.WholeNumber()` for counts. None leaves it as it is.
        feature: Name of the feature with the labels; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a vector of `units` numbers,
        NaN where unlabelled.

    Example:

    >>> mm_keras.tasks.regression("count").make_loss().loss.name
    'huber'
    """
    return Task(
        name,
        target=Target("number", (units,), "float32", None, feature),
        head=vector_head_for(view, units, hidden_units, levels),
        loss=PerExampleMean(keras.losses.Huber(delta, name="huber")),
        metrics=(keras.metrics.MeanAbsoluteError(name="mae"),),
        decode=decode,
        weight=weight,
    )
