from mm_keras.models import assembly
from mm_keras.models import extraction
from mm_keras.models import features


def ple(
    encoders,
    tasks,
    *,
    num_levels=2,
    num_experts=2,
    num_shared_experts=2,
    units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="ple",
):
    """Progressive layered extraction: levels of own and shared experts.

    ```
    level 1                                               level 2
    kind_experts1 ----------+-> kind_mixture1 ----------> kind_experts2
                            |   (own and shared)
    shared_vector_experts1 -+-> shared_vector_mixture1 -> shared_vector_experts2
                            |   (all)
    price_experts1 ---------+-> price_mixture1 ---------> price_experts2
                                (own and shared)
    ```

    Tasks part gradually: each level is that of `mm_keras.models.cgc`, and the
    experts of the next one read what the gates of this one made. The shared
    experts have a gate too, which chooses among all experts of the level, those
    of the tasks included, so that what one task found reaches the others. After
    the last level there is nobody to read it. `num_levels=1` is `cgc`.

        level l: task t reads   x_t = sum_e softmax(x_t @ kernel_t)[e] * e(x),
                                e over its own experts (of x_t) and the shared
                                ones (of x_s)
                 shared         x_s = the same, e over all experts

    The gate of a task looks at what its experts read. Views are treated as in
    `mm_keras.models.cgc`.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        num_levels: Number of levels, at least one.
        num_experts: Number of experts of each task and level, at least one.
        num_shared_experts: Number of shared experts per view and level.
        units: Width of all experts, or the widths of their layers. None means
            one layer, as wide as what it reads.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.cgc`; and if there is no level.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.ple({"table": table}, tasks)
    >>> model.get_layer("shared_vector_mixture1").num_experts
    6
    >>> model.get_layer("kind_mixture2").num_experts
    4

    Reference:
        [Tang et al., 2020](https://dl.acm.org/doi/10.1145/3383313.3412236).
    """
    heads = assembly.make_many_heads(tasks, "ple")
    extraction.check(num_levels, num_experts, num_shared_experts, "ple")
    inputs, shared = features.shared_features(encoders, heads, fusion)
    own = extraction.own_features(
        heads,
        shared,
        "ple",
        [str(level) for level in range(1, num_levels + 1)],
        (num_experts, num_shared_experts),
        units,
    )
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
