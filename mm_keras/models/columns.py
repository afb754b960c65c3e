"""A network for each task, side by side: the columns of a structure."""

from mm_keras import encoders as encoders_module
from mm_keras.models import features


def side_by_side(encoders, heads, fusion):
    """Builds a network for each task, none of whose weights are shared.

    Args:
        encoders: Dictionary from modality to encoder.
        heads: Dictionary from task to head.
        fusion: Name or layer, for the vectors; see `mm_keras.layers.fusion`.

    Returns:
        The inputs by name, and the features by view of each task.
    """
    features.check(encoders, heads)
    inputs = features.inputs_of(encoders)
    own = {}
    for task, head in heads.items():
        copies = own_encoders(encoders, task, head)
        own[task] = own_features(copies, inputs, task, head, fusion)
    return inputs, own


def own_encoders(encoders, task, head):
    """Copies what one head reads of the encoders, weights included.

    Args:
        encoders: Dictionary from modality to encoder.
        task: Name of the task, for the names of the copies.
        head: Head of the task.

    Returns:
        Dictionary from modality to encoder, of those that give its view.
    """
    wanted = [features.view_of(head)]
    return {
        modality: encoders_module.copy(encoder, f"{task}_{modality}")
        for modality, encoder in encoders.items()
        if features.asked_of(encoder, wanted)
    }


def own_features(encoders, inputs, task, head, fusion):
    """Builds the features of one task on encoders that are its own.

    Args:
        encoders: What `own_encoders` returned.
        inputs: What `mm_keras.models.features.inputs_of` returned.
        task: Name of the task, with which the names of layers begin.
        head: Head of the task.
        fusion: Name or layer, for the vectors; see `mm_keras.layers.fusion`.

    Returns:
        Features by view: that which the head reads.
    """
    wanted, prefix = [features.view_of(head)], f"{task}_"
    encoded = features.encode(encoders, inputs, wanted, prefix)
    return features.fuse(encoded, wanted, fusion, prefix)
