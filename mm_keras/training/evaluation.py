from mm_keras.training.average_precision import evaluate_detection


def evaluate(model, dataset):
    """Measures everything that is known of a model on a data set.

    These are the losses and metrics of `model.evaluate`, and the average
    precision of its detection tasks, under the names that they have in the
    logs of a training, without `val_`.

    Args:
        model: A compiled `mm_keras.MultiTaskModel`.
        dataset: Batches of inputs, targets and, if there are any, sample
            weights, each a dictionary.

    Returns:
        Dictionary from name to a float. It is NaN where there is nothing to
        measure on.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [mm_keras.tasks.regression("price")]
    >>> model = mm_keras.models.hard_sharing({"table": table}, tasks)
    >>> test = mm_keras.data.from_arrays(
    ...     {"table": np.ones((6, 4))}, {"price": np.ones(6)}, tasks=tasks
    ... )
    >>> sorted(mm_keras.training.evaluate(model, test))
    ['loss', 'price_loss', 'price_mae']
    """
    scores = model.evaluate(dataset, verbose=0, return_dict=True)
    if any(task.target.kind == "boxes" for task in model.tasks):
        scores |= evaluate_detection(model, dataset)
    return {name: float(value) for name, value in scores.items()}
