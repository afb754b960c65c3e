from mm_keras import tasks as tasks_module
from mm_keras.models.hard_sharing import hard_sharing


def two_towers(
    encoders,
    tasks=None,
    *,
    units=128,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="two_towers",
):
    """Encoders of several modalities, trained to meet in one space.

    ```
    image -> image_encoder -> projection -+
                                          +-> alignment (batch, 2, units)
    text --> text_encoder --> projection -+
    ```

    What belongs together comes to lie near. Other tasks may sit beside the
    alignment.

    Args:
        encoders: Dictionary from modality to encoder, at least two.
        tasks: List of `mm_keras.tasks.Task`. None means one alignment task
            between all modalities, named `"alignment"`.
        units: Width of the joint space, where `tasks` is None.
        fusion: As in `mm_keras.models.hard_sharing`, for the other tasks.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If there are fewer than two modalities, or no task aligns.

    Example:

    >>> encoders = {
    ...     "image": mm_keras.encoders.mlp((6,), units=(8,), name="image_mlp"),
    ...     "text": mm_keras.encoders.mlp((4,), units=(8,), name="text_mlp"),
    ... }
    >>> model = mm_keras.models.two_towers(encoders, units=16)
    >>> batch = {"image": np.ones((2, 6)), "text": np.ones((2, 4))}
    >>> model.predict(batch, verbose=0)["alignment"].shape
    (2, 2, 16)

    Reference:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020).
    """
    if len(encoders) < 2:
        raise ValueError(
            "Argument `encoders` of two_towers expects at least two "
            f"modalities. Received: {list(encoders)}. Add an encoder, or use "
            "`mm_keras.models.hard_sharing`."
        )
    if tasks is None:
        between = tuple(encoders)
        tasks = [tasks_module.alignment("alignment", between, units=units)]
    kinds = {task.name: task.target.kind for task in tasks}
    if "pair" not in kinds.values():
        raise ValueError(
            "Argument `tasks` of two_towers expects at least one alignment "
            f"task. Received: {kinds}. Add `mm_keras.tasks.alignment(...)`, or "
            "leave `tasks` out."
        )
    return hard_sharing(
        encoders,
        tasks,
        fusion=fusion,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
