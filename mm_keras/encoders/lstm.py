import keras
from keras import layers
from keras import ops


def lstm(vocabulary_size, length, *, units=128, embedding_dim=128, name=None):
    """Encodes text, given as token ids, with an embedding and an LSTM.

        ids -> embedding -> LSTM -+-> output after the last token -> vector
                          `stage1`+-> output at every token -> tokens

    Id 0 is padding, as in `keras.layers.TextVectorization`: the LSTM skips it,
    so that text gives the same vector however it is padded, and tokens there
    are zero. Empty text, all padding, gives a vector of zeros.

    Args:
        vocabulary_size: Number of ids, padding and unknown words included.
        length: Number of ids per text, or `None` if it varies.
        units: Width of the vector and of the tokens.
        embedding_dim: Width of the embedding.
        name: Name of the model.

    Returns:
        A functional model of int32 ids of shape `(batch, length)`, with the
        views `"vector"`, of shape `(batch, units)`, `"tokens"`, of shape
        `(batch, length, units)`, and `"tokens_mask"`, of shape
        `(batch, length)`.

    Example:

    >>> encoder = mm_keras.encoders.lstm(1000, 8, units=16)
    >>> views = encoder(np.array([[5, 7, 2, 0, 0, 0, 0, 0]]))
    >>> int(np.sum(views["tokens_mask"]))
    3
    """
    ids = keras.Input((length,), dtype="int32", name="ids")
    mask = ops.not_equal(ids, 0)
    embedding = layers.Embedding(
        vocabulary_size, embedding_dim, name="embedding"
    )
    recurrent = layers.LSTM(units, return_sequences=True, name="lstm")
    # A raw operation, so that Keras' implicit mask ends here.
    outputs = ops.copy(recurrent(embedding(ids), mask=mask))
    outputs = layers.Identity(name="stage1")(outputs)
    # Padding repeats the output before it: the last is that of the last token.
    vector = outputs[:, -1]
    tokens = ops.where(mask[:, :, None], outputs, ops.zeros_like(outputs))
    views = {"vector": vector, "tokens": tokens, "tokens_mask": mask}
    return keras.Model(ids, views, name=name or "lstm")
