from mm_keras.models import assembly
from mm_keras.models import features


def hard_sharing(
    encoders,
    tasks,
    *,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="hard_sharing",
):
    """One network for all tasks, with a head for each.

    ```
    image -> image_encoder -+          +-> digits_head -> digits
                            +-> fusion +-> mask_head ---> mask
    text --> text_encoder --+          +-> count_head --> count
    ```

    The simplest way to share, and the cheapest: the encoders run once, however
    many tasks there are.

    Args:
        encoders: Dictionary from modality to encoder, see `mm_keras.encoders`.
            Models built on the same encoder share its weights; see
            `mm_keras.encoders.copy`.
        tasks: List of `mm_keras.tasks.Task`.
        fusion: How the vectors of several modalities are joined: a name or a
            layer, see `mm_keras.layers.fusion`.
        optimizer: As in `keras.Model.compile`.
        balancing: How the tasks are balanced: a strategy of
            `mm_keras.balancing`, its name, or None for the weighted sum.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If two tasks have one name, or a task reads a view that no
            encoder gives.

    Example:

    >>> table = mm_keras.encoders.mlp((4,), units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.hard_sharing({"table": table}, tasks)
    >>> sorted(model.predict({"table": np.ones((2, 4))}, verbose=0))
    ['kind', 'price']

    Reference:
        [Caruana, 1997](https://doi.org/10.1023/A:1007379606734).
    """
    heads = assembly.make_heads(tasks)
    inputs, shared = features.shared_features(encoders, heads, fusion)
    outputs = assembly.predict(heads, dict.fromkeys(heads, shared))
    return assembly.compiled(
        inputs,
        outputs,
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
