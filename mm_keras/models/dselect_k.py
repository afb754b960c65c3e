import functools

from mm_keras import layers
from mm_keras.models import assembly
from mm_keras.models import experts
from mm_keras.models import features


def dselect_k(
    encoders,
    tasks,
    *,
    num_experts=4,
    k=2,
    per_example=True,
    entropy_weight=0.01,
    units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="dselect_k",
):
    """Shared experts, of which every task learns to select at most k.

    ```
                               +-> pyramid_experts -+-> digits_mixture -> head
    image_encoder --- pyramid -+                    +-> mask_mixture ---> head
    (and fusion) |             +-> pyramid_pooling -+
                 |
                 |             +-> vector_experts --+-> count_mixture --> head
                 +--- vector --+--------------------+
    ```

    It is `mm_keras.models.mmoe` with gates that become sparse while training,
    without a jump: a task first listens to all experts, in the end to k at
    most, and which ones can be read off its gate. What selectors are, and the
    two losses they add, is said in `mm_keras.layers.DSelectK`.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        num_experts: Number of experts per view, at least two.
        k: Number of selectors of each task, at most `num_experts`.
        per_example: Whether a task selects for each example
            (`mm_keras.layers.DSelectK`), or once and for all
            (`mm_keras.layers.StaticDSelectK`). The paper has both.
        entropy_weight: How hard selectors are pushed to decide.
        units: As in `mm_keras.models.mmoe`.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.mmoe`; and if `k` is larger than the
            number of experts.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.dselect_k({"table": table}, tasks, k=1)
    >>> model.get_layer("kind_mixture").k
    1

    Reference:
        [Hazimeh et al., 2021](https://arxiv.org/abs/2106.03760).
    """
    heads = assembly.make_many_heads(tasks, "dselect_k")
    experts.check_number(num_experts, "dselect_k")
    inputs, shared = features.shared_features(encoders, heads, fusion)
    mixture = functools.partial(
        layers.DSelectK if per_example else layers.StaticDSelectK,
        k,
        entropy_weight=entropy_weight,
    )
    own = experts.with_gate_per_task(
        heads, shared, "dselect_k", num_experts, units, mixture
    )
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
