import keras


@keras.saving.register_keras_serializable(package="mm_keras")
class VectorHead(keras.layers.Layer):
    """Maps the vector of an example to the raw output of a task.

    `vector -> [Dense, ReLU] * len(hidden_units) -> Dense`. The last layer
    computes in float32 under any policy, since logits and losses need it.

    Args:
        units: Number of outputs.
        hidden_units: Widths of the hidden layers, such as `(100,)`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        vector: Tensor of shape `(batch, features)`.

    Returns:
        Tensor of shape `(batch, units)`, float32.

    Example:

    >>> head = mm_keras.layers.VectorHead(10, hidden_units=(100,))
    >>> tuple(head(np.ones((2, 512))).shape)
    (2, 10)
    """

    view = "vector"

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

    def build(self, vector_shape):
        shape = tuple(vector_shape)
        for layer in [*self.hidden, self.logits]:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)

    def call(self, vector):
        for layer in self.hidden:
            vector = layer(vector)
        return self.logits(vector)

    def compute_output_shape(self, vector_shape):
        return (vector_shape[0], self.units)

    def compute_output_spec(self, vector):
        shape = self.compute_output_shape(vector.shape)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": list(self.hidden_units),
        }
