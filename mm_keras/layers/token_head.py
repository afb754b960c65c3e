import keras
from keras import ops

# Logits of tokens that are padding: those of no other token are as low.
PADDING = -1e9


@keras.saving.register_keras_serializable(package="mm_keras")
class TokenHead(keras.layers.Layer):
    """Maps every token to the raw output of a task.

    `token -> [Dense, ReLU] * len(hidden_units) -> Dense`, the same for each.
    The last layer computes in float32 under any policy. Tokens that are
    padding get outputs of -1e9 throughout, so that whoever reads the outputs
    knows them; see `mm_keras.layers.TagDecoder`.

    Args:
        units: Number of outputs per token.
        hidden_units: Widths of the hidden layers, such as `(100,)`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        views: Dictionary with `"tokens"`, of shape `(batch, length, features)`,
            and `"tokens_mask"`, of shape `(batch, length)`, true where there
            is a token.

    Returns:
        Tensor of shape `(batch, length, units)`, float32.

    Example:

    >>> tokens = np.ones((1, 3, 8), "float32")
    >>> mask = np.array([[True, True, False]])
    >>> head = mm_keras.layers.TokenHead(4)
    >>> logits = head({"tokens": tokens, "tokens_mask": mask})
    >>> tuple(logits.shape), float(logits[0, 2, 0])
    ((1, 3, 4), -1000000000.0)
    """

    view = "tokens"

    def __init__(self, units, hidden_units=(), **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden_units = tuple(hidden_units)
        self.hidden = [
            keras.layers.Dense(
                width,
                activation="relu",
                dtype=self.dtype_policy,
                name=f"hidden{i}",
            )
            for i, width in enumerate(self.hidden_units, start=1)
        ]
        self.logits = keras.layers.Dense(units, dtype="float32", name="logits")

    def build(self, views_shape):
        shape = tuple(views_shape["tokens"])
        for layer in [*self.hidden, self.logits]:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, views):
        tokens = views["tokens"]
        for layer in self.hidden:
            tokens = layer(tokens)
        valid = ops.cast(views["tokens_mask"], "bool")[..., None]
        return ops.where(valid, self.logits(tokens), PADDING)

    def compute_output_shape(self, views_shape):
        return (*views_shape["tokens"][:2], self.units)

    def compute_output_spec(self, views):
        shape = (*views["tokens"].shape[:2], self.units)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": list(self.hidden_units),
        }
