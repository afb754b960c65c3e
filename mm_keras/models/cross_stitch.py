import functools

from mm_keras.models import assembly
from mm_keras.models import features
from mm_keras.models import stitching


def cross_stitch(
    encoders,
    tasks,
    *,
    stitch="cross_stitch",
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="cross_stitch",
):
    """A network for each task, which exchange features after every stage.

    ```
    image -+-> digits stage1 -+        +-> digits stage2 -+        +-> ...
           |                  +-stitch1+                  +-stitch2+
           +-> mask stage1 ---+        +-> mask stage2 ---+        +-> ...

    ... -> digits neck -> digits_head -> digits
    ... -> mask neck ---> mask_head ---> mask
    ```

    The stitches learn how much of the features of the other tasks a task
    takes, at every depth. What comes after the stages, the `neck` of an
    encoder with its pooling and pyramid, each task has for itself. The cost is
    that of as many networks as there are tasks. A modality that one task alone
    reads is not stitched.

    Args:
        encoders: Dictionary from modality to encoder with stages, see
            `mm_keras.encoders.stages`. Each task has a copy of its own, as in
            `mm_keras.models.independent`.
        tasks: List of at least two `mm_keras.tasks.Task`.
        stitch: `"cross_stitch"`, for `mm_keras.layers.CrossStitch`, or
            `"nddr"`, for `mm_keras.layers.NDDR`; or a layer, after whose
            configuration all stitches are made.
        fusion: As in `mm_keras.models.independent`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.hard_sharing`, and if there is one
            task, or an encoder that several tasks read has no stages, or the
            stitch is unknown.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8, 8))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.cross_stitch({"table": table}, tasks)
    >>> [layer.name for layer in model.layers if "stitch" in layer.name]
    ['table_stitch1', 'table_stitch2']
    >>> model.get_layer("table_stitch1").get_weights()[0].shape
    (2, 2, 8)

    Reference:
        [Misra et al., 2016](https://arxiv.org/abs/1604.03539); with `"nddr"`,
        [Gao et al., 2019](https://arxiv.org/abs/1801.08297).
    """
    heads = assembly.make_many_heads(tasks, "cross_stitch")
    features.check(encoders, heads)
    inputs = features.inputs_of(encoders)

    def make_run(modality, readers):
        return functools.partial(
            stitching.run_stages, name=f"{modality}_stitch", stitch=stitch
        )

    own = stitching.own_features(encoders, heads, inputs, fusion, make_run)
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )
