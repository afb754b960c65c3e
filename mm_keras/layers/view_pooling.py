import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class ViewPooling(keras.layers.Layer):
    """Makes one vector of tokens or of a feature pyramid, by means.

    It is what a gate looks at where there is no vector. Tokens: the mean over
    those that are not padding; zeros if all are. A pyramid: the mean over the
    cells of each level, the levels end to end.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        view: Dict with `"tokens"`, of shape `(batch, length, features)`, and
            `"tokens_mask"`, of shape `(batch, length)`; or a dict from level
            to a tensor of shape `(batch, height, width, features)`.

    Returns:
        Tensor of shape `(batch, features)`; of a pyramid, of the features of
        all levels.

    Example:

    >>> pyramid = {"P2": np.ones((2, 8, 8, 16)), "P3": np.ones((2, 4, 4, 16))}
    >>> tuple(mm_keras.layers.ViewPooling()(pyramid).shape)
    (2, 32)
    """

    def build(self, view_shape):
        pass

    def call(self, view):
        # In float32, which a mean over many cells needs.
        view = {name: ops.cast(x, "float32") for name, x in view.items()}
        if "tokens" in view:
            pooled = masked_mean(view["tokens"], view["tokens_mask"])
        else:
            means = [ops.mean(view[name], axis=(1, 2)) for name in sorted(view)]
            pooled = ops.concatenate(means, axis=-1)
        return ops.cast(pooled, self.compute_dtype)

    def compute_output_shape(self, view_shape):
        read = {n: s for n, s in view_shape.items() if n != "tokens_mask"}
        batch = next(iter(read.values()))[0]
        return (batch, sum(shape[-1] for shape in read.values()))


def masked_mean(tokens, mask):
    """Means over the tokens of each example where the mask is 1."""
    mask = mask[..., None]
    total = ops.sum(ops.where(mask > 0, tokens, 0.0), axis=1)
    return total / ops.maximum(ops.sum(mask, axis=1), 1.0)
