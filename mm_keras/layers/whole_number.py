import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class WholeNumber(keras.layers.Layer):
    """The nearest whole number of at least 0, in place of a real one.

    Decodes the regression of a count: 2.8 people are three. It has no gradient
    and belongs behind the loss, not before it.

    Call arguments:
        numbers: Tensor of any shape.

    Returns:
        float32 tensor of the same shape.

    Example:

    >>> mm_keras.layers.WholeNumber()(np.array([-0.7, 1.2, 2.8])).numpy()
    array([0., 1., 3.], dtype=float32)
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, numbers_shape):
        pass

    def call(self, numbers):
        return ops.maximum(ops.round(numbers), 0.0)

    def compute_output_shape(self, numbers_shape):
        return numbers_shape
