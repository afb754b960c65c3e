import keras
from keras import ops

from mm_keras.layers import alignment_head
from mm_keras.layers.unit_length import unit_length
from mm_keras.losses.info_nce import InfoNCE


@keras.saving.register_keras_serializable(package="mm_keras")
class ContrastiveLoss(keras.layers.Layer):
    """Adds a loss that aligns modalities, without labels or a task.

    The layer passes its inputs through and adds the symmetric InfoNCE loss of
    their directions, each example being its own and only positive. Put it
    behind projections to one width, in a model trained for anything else or
    for nothing else. `mm_keras.losses.InfoNCE` is the form with a name, pair
    ids and balancing.

    Args:
        temperature: Where the learned temperature starts, at least 0.01.
        weight: Factor of the loss.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        embeddings: Dict from modality to a tensor of shape `(batch, units)`,
            or a tensor of shape `(batch, modalities, units)`.
        present: Optional dict from modality to a tensor of shape `(batch,)`,
            positive where the modality is there. Examples that miss any
            modality are neither anchors nor negatives.

    Returns:
        `embeddings`, unchanged.

    Raises:
        ValueError: If the temperature is too low.

    Example:

    >>> layer = mm_keras.layers.ContrastiveLoss(temperature=0.25)
    >>> outputs = layer({"image": np.eye(2), "text": np.eye(2)})
    >>> round(float(layer.losses[0]), 4)        # log(1 + exp(-4))
    0.0181

    Reference:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020).
    """

    def __init__(self, temperature=0.07, *, weight=1.0, **kwargs):
        super().__init__(**kwargs)
        self.temperature = alignment_head.check_temperature(temperature)
        self.weight = weight
        self.info_nce = InfoNCE()

    def build(self, embeddings_shape, present_shape=None):
        self.log_scale = alignment_head.add_log_scale(self, self.temperature)

    def call(self, embeddings, present=None):
        stacked = ops.cast(stack(embeddings), "float32")
        ids = ops.arange(ops.shape(stacked)[0], dtype="int32")
        for flag in (present or {}).values():
            there = ops.greater(flag, 0)
            ids = ops.where(there, ids, -1)
            # Before the norm: a NaN in an absent row has a NaN gradient.
            stacked = ops.where(there[:, None, None], stacked, 0.0)
        scale = ops.exp(0.5 * ops.cast(self.log_scale, "float32"))
        stacked = scale * unit_length(stacked)
        paired = ops.cast(ids >= 0, "float32")
        self.add_loss(self.weight * self.info_nce(ids, stacked, paired))
        return embeddings

    def compute_output_shape(self, embeddings_shape, present_shape=None):
        return embeddings_shape

    def get_config(self):
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "weight": self.weight,
        }


def stack(embeddings):
    if not isinstance(embeddings, dict):
        return embeddings
    widths = {name: tensor.shape[-1] for name, tensor in embeddings.items()}
    if len(widths) < 2 or len(set(widths.values())) > 1:
        raise ValueError(
            "ContrastiveLoss expects embeddings of at least two modalities, "
            f"of one width. Received widths: {widths}. Project them first, "
            "each with a `keras.layers.Dense` of the same units."
        )
    return ops.stack([embeddings[name] for name in sorted(widths)], axis=1)
