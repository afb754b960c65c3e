from mm_keras import layers
from mm_keras.models import assembly
from mm_keras.models import experts
from mm_keras.models import features


def mmoe(
    encoders,
    tasks,
    *,
    num_experts=4,
    units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="mmoe",
):
    """Multi-gate mixture of experts: every task weighs shared experts.

    ```
                               +-> pyramid_experts -+-> digits_mixture -> head
    image_encoder --- pyramid -+                    +-> mask_mixture ---> head
    (and fusion) |             +-> pyramid_pooling -+
                 |
                 |             +-> vector_experts --+-> count_mixture --> head
                 +--- vector --+--------------------+
    ```

    Between the shared features and the heads stand a few small networks, and
    each task has a gate that says, for each example, how much it listens to
    which. Tasks that agree use the same experts; tasks that conflict drift
    apart. For when hard sharing costs a task something and a network for each
    task is too much.

        features of task t = sum_e softmax(x @ kernel_t)[e] * expert_e(x)

    Each view that tasks read has experts of its own, shared by these tasks
    alone: dense layers on the vector and on each token, 3x3 convolutions on
    all levels of a pyramid. Gates look at the vector, at the mean of the
    tokens or at the mean of the cells of each level (see
    `mm_keras.layers.ViewPooling`), and start from the plain average of the
    experts. The vectors that alignment reads, before fusion, pass unchanged:
    there are no experts for them.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        num_experts: Number of experts per view, at least two.
        units: Width of the experts, or the widths of their layers, such as
            `(64, 32)`. None means one layer, as wide as what it reads.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`; and if there are
            fewer than two tasks or experts, a width is no positive integer,
            the levels of a pyramid differ in width, or no task reads a view
            that can have experts.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.mmoe({"table": table}, tasks, num_experts=2)

    What a gate makes of examples, here before training:

    >>> mixture = model.get_layer("kind_mixture")
    >>> gate = keras.Model(model.input, mixture.gate(mixture.input[0]))
    >>> gate.predict({"table": np.ones((1, 4))}, verbose=0).tolist()
    [[0.5, 0.5]]

    Reference:
        [Ma et al., 2018](https://dl.acm.org/doi/10.1145/3219819.3220007).
    """
    heads = assembly.make_many_heads(tasks, "mmoe")
    experts.check_number(num_experts, "mmoe")
    inputs, shared = features.shared_features(encoders, heads, fusion)
    own = experts.with_gate_per_task(
        heads, shared, "mmoe", num_experts, units, layers.GatedMixture
    )
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
