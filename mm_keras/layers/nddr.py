import keras
from keras import ops

from mm_keras.layers import column_features


@keras.saving.register_keras_serializable(package="mm_keras")
class NDDR(keras.layers.Layer):
    """Reduces the features of all tasks to new ones for each task.

    Neural discriminative dimensionality reduction: the features of all tasks,
    one after the other along the channels, go through a 1x1 convolution, or
    what it is for vectors and tokens, to the width of one task:

    ```
    digits -+              +-> 1x1 convolution -> BatchNorm -> ReLU -> digits
            +-> concatenate|
    mask ---+              +-> 1x1 convolution -> BatchNorm -> ReLU -> mask
    ```

    Where `CrossStitch` mixes a channel with the same channel of the others,
    this mixes all channels, with as many times more weights. It starts from
    the same mixture: the kernel of a task has `self_weight` on the diagonal
    of its own features, and the rest of 1 in equal parts on those of others.

    Args:
        self_weight: Weight of a task's own features at the start, 0 to 1.
        activation: Activation of the result. `None` for features that may be
            negative, such as those of `mm_keras.encoders.lstm`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        features: Dictionary from task to a tensor of shape
            `(batch, ..., channels)`, the same for all; or a list. Tasks that
            are named have their weights in alphabetical order.

    Returns:
        The same structure of tensors of the same shape.

    Raises:
        ValueError: If `self_weight` is out of range, there are fewer than two
            tensors, or their shapes differ.

    Example:

    >>> fuse = mm_keras.layers.NDDR()
    >>> out = fuse({"digits": np.ones((2, 8, 8, 3)),
    ...             "mask": np.ones((2, 8, 8, 3))})
    >>> tuple(out["mask"].shape)
    (2, 8, 8, 3)

    Reference:
        [Gao et al., 2019](https://arxiv.org/abs/1801.08297).
    """

    def __init__(self, self_weight=0.9, activation="relu", **kwargs):
        column_features.check_self_weight(self_weight, type(self).__name__)
        super().__init__(**kwargs)
        self.self_weight = self_weight
        self.activation = keras.activations.get(activation)
        # Masks are explicit; Keras would warn that it drops its own.
        self.supports_masking = True

    def build(self, features_shape):
        shapes = column_features.check_shapes(
            features_shape, type(self).__name__
        )
        num_tasks, channels = len(shapes), shapes[0][-1]
        self.kernel = self.add_weight(
            shape=(num_tasks, num_tasks * channels, channels),
            initializer=self._first_kernel,
            name="kernel",
        )
        self.norms = []
        for t in range(num_tasks):
            # Keras' momentum of 0.99 is too slow for a few hundred steps.
            norm = keras.layers.BatchNormalization(
                momentum=0.9, dtype=self.dtype_policy, name=f"norm{t}"
            )
            norm.build(shapes[t])
            self.norms.append(norm)

    def _first_kernel(self, shape, dtype=None):
        num_tasks, _, channels = shape
        weights = column_features.first_weights(self.self_weight, num_tasks)
        diagonal = ops.eye(channels, dtype=dtype)
        blocks = ops.cast(weights, dtype)[:, :, None, None] * diagonal
        return ops.reshape(blocks, shape)

    def call(self, features, training=None):
        joined = ops.concatenate(column_features.as_list(features), axis=-1)
        kernel = ops.convert_to_tensor(self.kernel)
        reduced = [
            self.activation(norm(joined @ kernel[t], training=training))
            for t, norm in enumerate(self.norms)
        ]
        return column_features.like(features, reduced)

    def compute_mask(self, features, previous_mask=None):
        return None

    def compute_output_shape(self, features_shape):
        return features_shape

    def get_config(self):
        return {
            **super().get_config(),
            "self_weight": self.self_weight,
            "activation": keras.activations.serialize(self.activation),
        }
