import keras
from keras import ops

from mm_keras.layers.token_head import PADDING


@keras.saving.register_keras_serializable(package="mm_keras")
class TagDecoder(keras.layers.Layer):
    """The class id of each token, in place of its logits; -1 for padding.

    Call arguments:
        logits: Output of `mm_keras.layers.TokenHead`, of shape
            `(batch, length, num_classes)`.

    Returns:
        int32 tensor of shape `(batch, length)`.

    Example:

    >>> logits = np.array([[[0.1, 2.0], [-1e9, -1e9]]], "float32")
    >>> mm_keras.layers.TagDecoder()(logits).numpy()
    array([[ 1, -1]], dtype=int32)
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, logits_shape):
        pass

    def call(self, logits):
        ids = ops.cast(ops.argmax(logits, axis=-1), "int32")
        return ops.where(ops.max(logits, axis=-1) > PADDING / 2, ids, -1)

    def compute_output_spec(self, logits):
        return keras.KerasTensor(logits.shape[:-1], dtype="int32")
