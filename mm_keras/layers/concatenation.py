import keras
from keras import ops

from mm_keras.layers.fusion_layer import FusionLayer


@keras.saving.register_keras_serializable(package="mm_keras")
class Concatenation(FusionLayer):
    """Joins the vectors of modalities end to end.

    The layers behind it learn how modalities go together; nothing is lost and
    nothing is weighed. Modalities stand in alphabetical order of their names,
    and an absent one leaves zeros in its place.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        vectors: Dict from modality to a tensor of shape `(batch, features)`.
        present: Optional dict from modality to a tensor of shape `(batch,)`,
            positive where the modality is there.

    Returns:
        A tensor of shape `(batch, sum of all features)`.

    Example:

    >>> vectors = {"text": np.ones((2, 3)), "image": np.zeros((2, 5))}
    >>> mm_keras.layers.Concatenation()(vectors)[0].numpy()
    array([0., 0., 0., 0., 0., 1., 1., 1.], dtype=float32)
    """

    def fuse(self, vectors, present):
        return ops.concatenate(list(vectors.values()), axis=-1)

    def fused_width(self, widths):
        return sum(widths.values())
