import keras

from mm_keras.layers.experts import Experts


@keras.saving.register_keras_serializable(package="mm_keras")
class DenseExperts(Experts):
    """Experts on vectors, or on every token: stacks of Dense and ReLU.

    ```
            +-> [Dense, ReLU] * len(units) -+
    inputs -+-> [Dense, ReLU] * len(units) -+-> stack
            +-> ...                        -+
    ```

    Args:
        num_experts: Number of experts, at least one.
        units: Width of the experts, or the widths of their layers, such as
            `(64, 32)`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, ..., features)`.

    Returns:
        Tensor of shape `(batch, num_experts, ..., units)`.

    Raises:
        ValueError: As in `mm_keras.layers.Experts`.

    Example:

    >>> experts = mm_keras.layers.DenseExperts(4, units=8)
    >>> tuple(experts(np.ones((2, 16))).shape)
    (2, 4, 8)
    """

    def make_layer(self, width, name):
        return keras.layers.Dense(
            width,
            activation="relu",
            kernel_initializer="he_normal",
            dtype=self.dtype_policy,
            name=name,
        )
