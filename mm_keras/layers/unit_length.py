import keras

from mm_keras.layers import alignment_head


@keras.saving.register_keras_serializable(package="mm_keras")
class UnitLength(keras.layers.Layer):
    """Divides vectors by their length, so that inner products are cosines.

    A zero vector stays zero.

    Call arguments:
        vectors: Tensor of shape `(..., features)`.

    Returns:
        Tensor of the same shape.

    Example:

    >>> mm_keras.layers.UnitLength()(np.array([[3.0, 4.0]])).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, vectors_shape):
        pass

    def call(self, vectors):
        return alignment_head.unit_length(vectors)

    def compute_output_shape(self, vectors_shape):
        return vectors_shape
