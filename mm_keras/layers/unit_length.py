import keras
from keras import ops


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
        return unit_length(vectors)

    def compute_output_shape(self, vectors_shape):
        return vectors_shape


def unit_length(vectors):
    """Returns vectors of length 1; below 1e-3 they shrink towards zero."""
    # The bound keeps the gradient at a zero vector at no more than 1e3.
    squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squared, 1e-6))
