from mm_keras.metrics.decoded import Decoded


def compile_args(tasks):
    """Returns what a plain `keras.Model` needs to train on tasks.

    `mm_keras.MultiTaskModel` needs none of it. For a model of your own whose
    outputs are a dictionary keyed by task:
    `model.compile("adam", **mm_keras.tasks.compile_args(tasks))`.

    Args:
        tasks: List of `mm_keras.tasks.Task`.

    Returns:
        Dictionary with `loss`, `loss_weights` and `weighted_metrics`, each
        keyed by task. Metrics decode the outputs themselves.

    Example:

    >>> task = mm_keras.tasks.regression("price")
    >>> sorted(mm_keras.tasks.compile_args([task]))
    ['loss', 'loss_weights', 'weighted_metrics']
    """
    return {
        "loss": {task.name: task.make_loss() for task in tasks},
        "loss_weights": {task.name: task.weight for task in tasks},
        "weighted_metrics": {
            task.name: [
                Decoded(metric, task.make_decode(), filler=task.target.filler)
                for metric in task.make_metrics()
            ]
            for task in tasks
        },
    }
