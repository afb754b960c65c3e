from mm_keras import layers
from mm_keras.models import assembly
from mm_keras.models import features
from mm_keras.models import view_parts


def decoupled_heads(
    encoders,
    tasks,
    *,
    units=None,
    normalize=True,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="decoupled_heads",
):
    """Hard sharing, with an adapter for each task before its head.

    ```
    image -> image_encoder -+          +-> digits_adapter -> digits_head
                            +-> fusion +-> mask_adapter ---> mask_head
    text --> text_encoder --+          +-> count_adapter --> count_head
    ```

    A task that would pull the shared features its own way can bend them for
    itself: each normalizes them anew and adds a narrow layer's output to them
    (`mm_keras.layers.ResidualAdapter`). That costs few weights and little
    time. For tasks that disturb each other under hard sharing, before one
    reaches for experts or for a network per task.

    Adapters work on vectors, on each token, and on each cell of a pyramid,
    alike in all levels. The vectors that alignment reads, before fusion, pass
    unchanged: its head has a projection for each anyway.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        units: Width of the narrow layers. None means a quarter of the
            features.
        normalize: Whether each task normalizes the features. Without, the
            model starts as `mm_keras.models.hard_sharing`.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`; and if there are
            fewer than two tasks, `units` is no positive integer, or the levels
            of a pyramid differ in width.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.decoupled_heads({"table": table}, tasks)
    >>> [layer.name for layer in model.layers if "adapter" in layer.name]
    ['kind_adapter', 'price_adapter']

    Reference:
        The adapters are those of
        [Houlsby et al., 2019](https://arxiv.org/abs/1902.00751).
    """
    heads = assembly.make_many_heads(tasks, "decoupled_heads")
    inputs, shared = features.shared_features(encoders, heads, fusion)
    own = {
        task: adapted(task, features.view_of(head), shared, units, normalize)
        for task, head in heads.items()
    }
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )


def adapted(task, view, shared, units, normalize):
    """Returns the features of one task by view, the one it reads adapted."""
    if view == "modalities":
        return shared
    adapter = layers.ResidualAdapter(
        units, normalize=normalize, name=f"{task}_adapter"
    )
    tensors = adapter(view_parts.tensors_of(view, shared[view]))
    return {view: view_parts.with_tensors(view, shared[view], tensors)}
