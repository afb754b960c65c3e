import functools

from mm_keras.models import assembly
from mm_keras.models import columns
from mm_keras.models.soft_sharing_model import SoftSharingModel


def soft_sharing(
    encoders,
    tasks,
    *,
    alpha=1e-3,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="soft_sharing",
):
    """A network for each task, whose encoders are drawn to each other.

    ```
    image -+-> digits_image_encoder -> digits_head -> digits
           |       | alpha
           +-> mask_image_encoder ---> mask_head ---> mask
           |       | alpha
           +-> count_image_encoder --> count_head --> count
    ```

    The loss gets the penalty `alpha * sum_{t<k} ||theta_t - theta_k||**2`,
    where `theta_t` are the weights of the encoders of task `t`. It is part of
    `loss` in the logs and joins after balancing, in full. With `alpha=0` the
    tasks are independent; a large alpha comes close to hard sharing, at the
    cost of as many networks as there are tasks.

    Each pair of tasks counts once. Weights match if they are in the same place
    of the copies of one encoder: a task that reads only a part of an encoder,
    such as its vector without its pyramid, is drawn to the others in that part
    alone.

    A schedule separates the tasks gradually, or brings them together. It is
    read at `optimizer.iterations`, so that an interrupted training goes on
    where it was:

    ```python
    alpha = keras.optimizers.schedules.PolynomialDecay(1e-2, 1000, 0.0)
    model = mm_keras.models.soft_sharing(encoders, tasks, alpha=alpha)
    ```

    Args:
        encoders: As in `mm_keras.models.independent`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        alpha: How strongly the tasks are drawn to each other: a number of at
            least 0, or a `keras.optimizers.schedules.LearningRateSchedule`.
        fusion: As in `mm_keras.models.independent`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.independent`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`, and if there is one
            task, alpha is negative, or no two tasks read the same part of an
            encoder.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.soft_sharing(
    ...     {"table": table}, tasks, alpha=0.5)
    >>> [float(loss) for loss in model.losses]  # Both start from one encoder.
    [0.0]
    >>> encoder = model.get_layer("kind_table_encoder")
    >>> kernel, bias = encoder.get_weights()
    >>> encoder.set_weights([kernel, bias + 1])
    >>> [float(loss) for loss in model.losses]  # 0.5 * 8 * 1**2
    [4.0]

    Reference:
        [Duong et al., 2015](https://aclanthology.org/P15-2139/).
    """
    heads = assembly.make_many_heads(tasks, "soft_sharing")
    inputs, own = columns.side_by_side(encoders, heads, fusion)
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
        cls=functools.partial(SoftSharingModel, alpha=alpha),
    )
