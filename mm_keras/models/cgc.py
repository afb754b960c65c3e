from mm_keras.models import assembly
from mm_keras.models import extraction
from mm_keras.models import features


def cgc(
    encoders,
    tasks,
    *,
    num_experts=2,
    num_shared_experts=2,
    units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="cgc",
):
    """Customized gate control: experts of each task beside shared ones.

    ```
                           +-> kind_experts ---------+-> kind_mixture --> head
    table_encoder          |                         |
    (and fusion) - vector -+-> shared_vector_experts +
                           |                         |
                           +-> price_experts --------+-> price_mixture -> head
    ```

    The gate of a task chooses, for each example, among its own experts and the
    shared ones, never among those of another task: what harms the other tasks
    can stay with the task that needs it. In `mm_keras.models.mmoe` all experts
    are shared.

        features of task t = sum_e softmax(x @ kernel_t)[e] * expert_e(x),
        e over the experts of t and the shared ones

    Views are treated as in `mm_keras.models.mmoe`; the tasks that read one
    view have shared experts on it.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        num_experts: Number of experts of each task, at least one.
        num_shared_experts: Number of shared experts per view. 0 leaves each
            task alone with its own.
        units: As in `mm_keras.models.mmoe`.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.mmoe`; a gate needs two experts
            among its own and the shared ones.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.cgc({"table": table}, tasks)
    >>> [layer.name for layer in model.layers if "experts" in layer.name]
    ['kind_experts', 'shared_vector_experts', 'price_experts']

    Reference:
        [Tang et al., 2020](https://dl.acm.org/doi/10.1145/3383313.3412236).
    """
    heads = assembly.make_many_heads(tasks, "cgc")
    extraction.check(1, num_experts, num_shared_experts, "cgc")
    inputs, shared = features.shared_features(encoders, heads, fusion)
    own = extraction.own_features(
        heads, shared, "cgc", [""], (num_experts, num_shared_experts), units
    )
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
