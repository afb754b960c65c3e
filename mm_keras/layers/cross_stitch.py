import keras
from keras import ops

from mm_keras.layers import column_features


@keras.saving.register_keras_serializable(package="mm_keras")
class CrossStitch(keras.layers.Layer):
    """Mixes the features of the tasks, channel by channel.

    For every channel `c` there is a learned matrix, with a row for each task:

    ```
    out[t][..., c] = sum_k alpha[t, k, c] * features[k][..., c]
    ```

    At the start a task has `self_weight` of its own features and the rest of 1
    in equal parts from the others. With `self_weight=1` the layer gives what it
    is given, until it is trained. The paper trains these weights with a
    learning rate 100 to 10,000 times as high as that of the network; see
    `keras.optimizers.MultiOptimizer`.

    Args:
        self_weight: Weight of a task's own features at the start, 0 to 1.
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

    >>> stitch = mm_keras.layers.CrossStitch(self_weight=0.75)
    >>> out = stitch({"digits": np.array([[4.0]]), "mask": np.array([[8.0]])})
    >>> {task: float(value[0, 0]) for task, value in out.items()}
    {'digits': 5.0, 'mask': 7.0}

    Reference:
        [Misra et al., 2016](https://arxiv.org/abs/1604.03539).
    """

    def __init__(self, self_weight=0.9, **kwargs):
        column_features.check_self_weight(self_weight, type(self).__name__)
        super().__init__(**kwargs)
        self.self_weight = self_weight
        # Masks are explicit; Keras would warn that it drops its own.
        self.supports_masking = True

    def build(self, features_shape):
        shapes = column_features.check_shapes(
            features_shape, type(self).__name__
        )
        self.alpha = self.add_weight(
            shape=(len(shapes), len(shapes), shapes[0][-1]),
            initializer=self._first_alpha,
            name="alpha",
        )

    def _first_alpha(self, shape, dtype=None):
        weights = column_features.first_weights(self.self_weight, shape[0])
        return ops.cast(ops.broadcast_to(weights[:, :, None], shape), dtype)

    def call(self, features):
        tensors = column_features.as_list(features)
        alpha = ops.convert_to_tensor(self.alpha)
        mixed = [
            sum(alpha[t, k] * tensor for k, tensor in enumerate(tensors))
            for t in range(len(tensors))
        ]
        return column_features.like(features, mixed)

    def compute_mask(self, features, previous_mask=None):
        return None

    def compute_output_shape(self, features_shape):
        return features_shape

    def get_config(self):
        return {**super().get_config(), "self_weight": self.self_weight}
