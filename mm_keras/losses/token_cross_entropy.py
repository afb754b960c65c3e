import keras
from keras import ops

from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class TokenCrossEntropy(PerExampleLoss):
    """Cross-entropy of a class per token, over the tokens that have one.

    Per example, `-mean_{i: y_true[i] >= 0} log_softmax(y_pred[i])[y_true[i]]`.
    Tokens of class -1, such as padding, reach neither the value nor the
    gradient; a text without any token has loss 0. Keras' `ignore_class` divides
    by all tokens, so that padding would make a text count less.

    Args:
        name: Name of the loss.
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: Class ids, `(batch, length)`; -1 for tokens without a class.
        y_pred: Logits, `(batch, length, num_classes)`.

    Raises:
        ValueError: If the lengths differ.

    Example:

    >>> loss = mm_keras.losses.TokenCrossEntropy()
    >>> tags, logits = np.array([[3, -1, -1]]), np.zeros((1, 3, 4))
    >>> round(float(loss(tags, logits)), 4)  # log 4
    1.3863
    """

    filler = -1

    def __init__(self, *, name="token_cross_entropy", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        check_lengths(y_true.shape, y_pred.shape)
        ids = ops.cast(y_true, "int32")
        real = ids >= 0
        values = keras.losses.sparse_categorical_crossentropy(
            ops.where(real, ids, 0),
            ops.where(real[..., None], y_pred, 0.0),
            from_logits=True,
        )
        counts = ops.cast(real, values.dtype)
        total = ops.sum(values * counts, axis=1)
        return total / ops.maximum(ops.sum(counts, axis=1), 1.0)


def check_lengths(true, predicted):
    """Raises unless there is a row of logits for each token."""
    lengths = true[1], predicted[1]
    if None not in lengths and lengths[0] != lengths[1]:
        raise ValueError(
            "TokenCrossEntropy expects a tag for each token that the encoder "
            f"gives, {lengths[1]}. Received: tags of shape {tuple(true)}. Give "
            "the task, the text vectorization and the encoder one length, as "
            f"in `mm_keras.tasks.tagging(..., max_tokens={lengths[1]})`."
        )
