from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks as task_module


def shared_trunk(
    input_shape=32,
    heads=(1, 1, 2),
    *,
    units=(100, 128, 64),
    optimizer="adam",
    name="shared_trunk",
):
    """Numbers of several kinds from one table, on one trunk of dense layers.

    ```
                                   +-> heads[0]: task1
    table -> 100 -> 128 -> 64 -----+-> heads[1]: task2
                                   +-> heads[2]: task3
    ```

    The plainest of all, for tables with several targets: arrays of your own by
    `mm_keras.data.from_arrays`, or files by `from_csv`. A target may be missing
    in some rows, as NaN.

    Args:
        input_shape: Number of features of a row.
        heads: For each task, how many numbers it predicts.
        units: Widths of the layers of the trunk.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel` of the input `table`.

    Example:

    >>> model = mm_keras.zoo.shared_trunk(8)
    >>> {task: output.shape for task, output in model.output.items()}
    {'task1': (None, 1), 'task2': (None, 1), 'task3': (None, 2)}

    Reference:
        [Caruana, 1997](https://doi.org/10.1023/A:1007379606734).
    """
    tasks = [
        task_module.regression(f"task{number}", count)
        for number, count in enumerate(heads, start=1)
    ]
    table = encoders.mlp(input_shape, units)
    return models.hard_sharing(
        {"table": table}, tasks, optimizer=optimizer, name=name
    )
