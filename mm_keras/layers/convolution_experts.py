import keras

from mm_keras.layers.experts import Experts


@keras.saving.register_keras_serializable(package="mm_keras")
class ConvolutionExperts(Experts):
    """Experts on feature pyramids: stacks of 3x3 convolutions and ReLU.

    ```
              +-> [conv, ReLU] * len(units) -+
    pyramid --+-> [conv, ReLU] * len(units) -+-> stack, level by level
              +-> ...                       -+
    ```

    An expert has the same kernels for all levels, as the towers of detectors
    do: a thing looks alike whether it is near or far.

    Args:
        num_experts: Number of experts, at least one.
        units: Number of channels of the experts, or of their layers, such as
            `(64, 32)`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Dict from level to a tensor of shape
            `(batch, height, width, features)`, or one such tensor.

    Returns:
        Dict from level to a tensor of shape
        `(batch, num_experts, height, width, units)`, or one such tensor.

    Raises:
        ValueError: As in `mm_keras.layers.Experts`.

    Example:

    >>> pyramid = {"P2": np.ones((2, 8, 8, 16)), "P3": np.ones((2, 4, 4, 16))}
    >>> experts = mm_keras.layers.ConvolutionExperts(3, units=5)
    >>> tuple(experts(pyramid)["P3"].shape)
    (2, 3, 4, 4, 5)
    """

    def make_layer(self, width, name):
        return keras.layers.Conv2D(
            width,
            3,
            padding="same",
            activation="relu",
            kernel_initializer="he_normal",
            dtype=self.dtype_policy,
            name=name,
        )
