from mm_keras.layers.alignment_head import AlignmentHead
from mm_keras.layers.unit_length import UnitLength
from mm_keras.losses.info_nce import InfoNCE
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task

LOSSES = {"info_nce": InfoNCE}


def alignment(
    name,
    between=("image", "text"),
    loss="info_nce",
    *,
    units=128,
    temperature=0.07,
    feature=None,
    weight=1.0,
):
    """One space for several modalities, in which what belongs together is near.

    Reads the vectors of the named encoders, before fusion, and sits beside
    other tasks. The output is one embedding per modality, of shape
    `(batch, len(between), units)`; decoded, the same at length 1.

    Args:
        name: Name of the task.
        between: Names of the modalities.
        loss: `"info_nce"`, the symmetric cross-entropy over the batch.
        units: Width of the joint space.
        temperature: Where the learned temperature starts, at least 0.01.
        feature: Name of the feature with the pair ids; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a pair id: equal ids belong
        together, -1 is unpaired.

    Raises:
        ValueError: If the loss is unknown, or there are fewer than two
            modalities.

    Example:

    >>> mm_keras.tasks.alignment("match").target.kind
    'pair'
    """
    if loss not in LOSSES:
        raise ValueError(
            f"Argument `loss` of alignment expects one of {sorted(LOSSES)}. "
            f"Received: loss={loss!r}. Make a `mm_keras.tasks.Task` for a loss "
            "of your own."
        )
    return Task(
        name,
        target=Target("pair", dtype="int32", feature=feature, filler=-1),
        head=AlignmentHead(units, between, temperature=temperature),
        loss=LOSSES[loss](),
        decode=UnitLength(),
        weight=weight,
    )
