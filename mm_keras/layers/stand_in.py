import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class StandIn(keras.layers.Layer):
    """Puts learned features in the place of absent ones.

    Where a modality is absent from an example, its features become one
    trained vector, the same at every position; where it is there, they pass
    unchanged: `where(present, inputs, stand_in)`. What `inputs` holds in an
    absent row, a NaN included, reaches neither the output nor a gradient.

    Args:
        initializer: Initializer of the stand-in. Defaults to `"zeros"`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Features, of shape `(batch, ..., features)`.
        present: Tensor of shape `(batch,)`, positive where the example has
            this modality.

    Returns:
        Features of the shape of `inputs`.

    Raises:
        ValueError: If the inputs have no axis beside the batch, or the
            presence has one.

    Example:

    >>> layer = mm_keras.layers.StandIn(initializer="ones")
    >>> layer(np.full((2, 3), 7.0), np.array([1.0, 0.0])).numpy()
    array([[7., 7., 7.],
           [1., 1., 1.]], dtype=float32)
    """

    def __init__(self, initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initializer = keras.initializers.get(initializer)

    def build(self, inputs_shape, present_shape):
        if len(inputs_shape) < 2 or len(present_shape) != 1:
            raise ValueError(
                "StandIn expects `inputs` of shape (batch, ..., features) and "
                "`present` of shape (batch,). Received: "
                f"inputs.shape={tuple(inputs_shape)}, "
                f"present.shape={tuple(present_shape)}. Give presence one "
                "value per example."
            )
        self.stand_in = self.add_weight(
            shape=(inputs_shape[-1],),
            initializer=self.initializer,
            name="stand_in",
        )

    def call(self, inputs, present):
        rows = ops.reshape(present, (-1, *[1] * (len(inputs.shape) - 1)))
        stand_in = ops.cast(self.stand_in, inputs.dtype)
        return ops.where(ops.greater(rows, 0), inputs, stand_in)

    def compute_output_shape(self, inputs_shape, present_shape):
        return inputs_shape

    def get_config(self):
        return {
            **super().get_config(),
            "initializer": keras.initializers.serialize(self.initializer),
        }
