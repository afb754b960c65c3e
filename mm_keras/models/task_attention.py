from mm_keras.layers.task_attention import TaskAttention
from mm_keras.models import assembly
from mm_keras.models import features


def task_attention(
    encoders,
    tasks,
    *,
    hidden_units=None,
    bias_initializer="zeros",
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="task_attention",
):
    """One network for all tasks, whose features each task weighs for itself.

    ```
    image -> image_encoder -+-> things_attention -> things_head -> things
                            +-> mask_attention ---> mask_head ---> mask
                            +-> kind_attention ---> kind_head ---> kind
    ```

    Each task has a learned mask in (0, 1) over the shared features, which
    depends on the example, and lets through what the task needs: per channel
    of a vector, per token, or per cell of every level of a pyramid. For masks
    inside the encoder see `mm_keras.models.mtan`.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of `mm_keras.tasks.Task`. A task that reads the modalities
            one by one, such as an alignment, reads them as they are.
        hidden_units: Width of the small network that makes a mask. Defaults to
            a quarter of the channels.
        bias_initializer: Initializer of the bias of the masks' logits. With
            kernels of zero and a large bias, the model is that of
            `mm_keras.models.hard_sharing`.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`. Its layers `<task>_attention`
        give the masks: see `mm_keras.layers.TaskAttention`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`.

    Example:

    >>> image = mm_keras.encoders.resnet(18, (64, 64, 3), width=8)
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.detection("things", 3, channels=8),
    ... ]
    >>> model = mm_keras.models.task_attention({"image": image}, tasks)
    >>> masks = model.get_layer("kind_attention").attention_model(model)
    >>> masks.predict({"image": np.ones((2, 64, 64, 3))}, verbose=0).shape
    (2, 64)

    Reference:
        The masks are those of [Liu et al., 2019](
        https://arxiv.org/abs/1803.10704), on the last features alone.
    """
    heads = assembly.make_heads(tasks)
    inputs, shared = features.shared_features(encoders, heads, fusion)
    features_of = {
        task: attend(task, head, shared, hidden_units, bias_initializer)
        for task, head in heads.items()
    }
    return assembly.compiled(
        inputs,
        assembly.predict(heads, features_of),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )


def attend(task, head, shared, hidden_units, bias_initializer):
    """Returns what one head reads of the shared features, weighed for it."""
    view, read = features.view_of(head), features.read_by(head, shared)
    if view == "modalities":
        return {view: read}
    layer = TaskAttention(
        hidden_units,
        bias_initializer=bias_initializer,
        name=f"{task}_attention",
    )
    return {view: layer(read)}
