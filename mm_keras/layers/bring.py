"""Brings what one task found to where another one reads it."""

from keras import ops

# What tells where tokens are, and is none of their features.
FLAGS = "tokens_mask"


def bring(condition, name, rank):
    """Returns a condition as it is read by one part of some features.

    Args:
        condition: A tensor of shape `(batch, d)`, `(batch, length, d)` or
            `(batch, height, width, d)`, or a dictionary of such.
        name: Name of the part, such as the level; empty for a plain tensor.
        rank: Rank of the part: 2 for a vector, 3 for tokens, 4 for a map.

    Returns:
        A tensor of rank `rank`, or of rank 2 where the condition says nothing
        of single cells or tokens.
    """
    if isinstance(condition, dict):
        return (
            condition[name]
            if rank > 2 and name in condition
            else pooled(condition)
        )
    given = len(condition.shape)
    if rank == 3 and given == 3:
        return condition
    if rank == 4 and given == 4:
        # On JAX the default of strides fails.
        return ops.average_pool(condition, stride(name), stride(name))
    return pooled(condition)


def stride(level):
    """Returns how many pixels a cell of a level is high and wide."""
    if not (level[:1] == "P" and level[1:].isdigit()):
        raise ValueError(
            "Reading a prediction per pixel expects levels named P2, P3, ..., "
            f"of a stride of 2, 3, ... halvings. Received: {level!r}. Name the "
            "levels of the encoder so."
        )
    return 2 ** int(level[1:])


def pooled(condition):
    """Returns one vector per example, whatever the condition."""
    if isinstance(condition, dict) and FLAGS in condition:
        return mean_of_valid(condition["tokens"], condition[FLAGS])
    if isinstance(condition, dict):
        vectors = [pooled(condition[name]) for name in sorted(condition)]
        return ops.concatenate(vectors, axis=-1)
    if len(condition.shape) == 4:
        cells = (1, 2)
        return ops.concatenate(
            [ops.mean(condition, axis=cells), ops.max(condition, axis=cells)],
            axis=-1,
        )
    return ops.mean(condition, 1) if len(condition.shape) == 3 else condition


def mean_of_valid(tokens, mask):
    """Returns the mean of the valid tokens, zero where there is none."""
    valid = ops.cast(mask, tokens.dtype)[..., None]
    count = ops.maximum(ops.sum(valid, axis=1), 1)
    return ops.sum(tokens * valid, axis=1) / count
