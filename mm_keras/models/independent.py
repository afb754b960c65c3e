from mm_keras.models import assembly
from mm_keras.models import columns


def independent(
    encoders,
    tasks,
    *,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="independent",
):
    """A network for each task, in one model: nothing is shared.

    ```
    image -+-> digits_image_encoder -> digits_head -> digits
           +-> mask_image_encoder ---> mask_head ---> mask
           +-> count_image_encoder --> count_head --> count
    ```

    What every way of sharing is measured against. Each task trains as it would
    alone, up to what the optimizer does with all gradients together, such as
    clipping them by their common norm.

    Args:
        encoders: Dictionary from modality to encoder. Each task has a copy of
            its own, which starts from the weights of the encoder; the encoder
            itself stays as it is. A task leaves out what it does not read.
        tasks: List of `mm_keras.tasks.Task`.
        fusion: As in `mm_keras.models.hard_sharing`; each task fuses for
            itself.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`. Without shared weights
            a strategy of gradients has nothing to do.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.independent({"table": table}, tasks)
    >>> [layer.name for layer in model.layers if "encoder" in layer.name]
    ['kind_table_encoder', 'price_table_encoder']
    """
    heads = assembly.make_heads(tasks)
    inputs, own = columns.side_by_side(encoders, heads, fusion)
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
