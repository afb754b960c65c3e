import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class HighestClass(keras.layers.Layer):
    """The class id with the highest logit, in place of the logits.

    Call arguments:
        logits: Tensor of shape `(..., num_classes)`.

    Returns:
        int32 tensor of shape `(..., 1)`.

    Example:

    >>> mm_keras.layers.HighestClass()(np.array([[0.1, 2.0]])).numpy()
    array([[1]], dtype=int32)
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, logits_shape):
        pass

    def call(self, logits):
        return ops.cast(ops.argmax(logits, axis=-1, keepdims=True), "int32")

    def compute_output_spec(self, logits):
        return keras.KerasTensor((*logits.shape[:-1], 1), dtype="int32")
