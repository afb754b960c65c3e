import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class StageAttention(keras.layers.Layer):
    """Weighs the features of one stage of an encoder for one task.

    The mask depends on what the stage gives, `shared`, and on what the task
    has kept of the stage before:

        before = pool(relu(norm(conv3x3(attended of the stage before))))
        hidden = relu(norm(conv1x1(concatenate(shared, before))))
        mask = sigmoid(norm(conv1x1(hidden)))
        attended = mask * shared

    `norm` is batch normalization; the largest values are kept where `pool` has
    to bring the stage before to the size of this one. The first stage has no
    `before`. For vectors and tokens all convolutions are dense layers.

    Args:
        hidden_units: Width of `hidden`. Defaults to a quarter of the channels.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        shared: Tensor of shape `(batch, ..., channels)`, of rank 2, 3 or 4.
        attended: Optional output of the layer of the stage before, of the same
            rank. Height and width are multiples of those of `shared`.

    Returns:
        Tensor of the shape of `shared`.

    Raises:
        ValueError: If the stage before cannot be pooled to the size of this
            one.

    Example:

    >>> first = mm_keras.layers.StageAttention()(np.ones((2, 8, 8, 16)))
    >>> second = mm_keras.layers.StageAttention()
    >>> tuple(second(np.ones((2, 4, 4, 32)), first).shape)
    (2, 4, 4, 32)

    As of `mm_keras.layers.TaskAttention`, `attention` gives the masks, and
    `attention_model` those of a trained model.

    Reference:
        [Liu et al., 2019](https://arxiv.org/abs/1803.10704).
    """

    def __init__(self, hidden_units=None, **kwargs):
        super().__init__(**kwargs)
        self.hidden_units = hidden_units

    def build(self, shared_shape, attended_shape=None):
        channels = shared_shape[-1]
        hidden = self.hidden_units or max(channels // 4, 1)
        rank, read = len(shared_shape), channels
        if attended_shape is not None:
            self.factor = pooling_factor(
                tuple(attended_shape), tuple(shared_shape)
            )
            self.before = self._block(
                "before", rank, 3, attended_shape[-1], channels
            )
            read += channels
        self.hidden = self._block("hidden", rank, 1, read, hidden)
        self.mask = self._block("mask", rank, 1, hidden, channels)

    def _block(self, name, rank, size, given, channels):
        """Returns a convolution, or a dense layer, and its normalization."""
        options = {
            "use_bias": False,
            "dtype": self.dtype_policy,
            "name": f"{self.name}_{name}",
        }
        if rank == 4:
            layer = keras.layers.Conv2D(
                channels, size, padding="same", **options
            )
        else:
            layer = keras.layers.Dense(channels, **options)
        norm = keras.layers.BatchNormalization(
            momentum=0.9,
            dtype=self.dtype_policy,
            name=f"{self.name}_{name}_norm",
        )
        layer.build((*[None] * (rank - 1), given))
        norm.build((*[None] * (rank - 1), channels))
        return layer, norm

    def call(self, shared, attended=None, training=None):
        return shared * self.attention(shared, attended, training)

    def attention(self, shared, attended=None, training=False):
        """Returns the mask, of the shape of `shared`."""
        if not self.built:
            self(shared, attended)
        read = shared
        if attended is not None:
            before = ops.relu(apply(self.before, attended, training))
            if self.factor > 1:
                # On JAX the default of strides fails.
                before = ops.max_pool(before, self.factor, self.factor)
            read = ops.concatenate([shared, before], axis=-1)
        hidden = ops.relu(apply(self.hidden, read, training))
        return ops.sigmoid(apply(self.mask, hidden, training))

    def attention_model(self, model):
        """Returns a model from the inputs of `model` to the mask.

        Args:
            model: A functional model which calls this layer, once.
        """
        read = self.input if isinstance(self.input, list) else [self.input]
        return keras.Model(model.input, self.attention(*read))

    def compute_output_shape(self, shared_shape, attended_shape=None):
        return shared_shape

    def get_config(self):
        return {**super().get_config(), "hidden_units": self.hidden_units}


def apply(block, x, training):
    layer, norm = block
    return norm(layer(x), training=training)


def pooling_factor(before, after):
    """Returns by how much a stage is smaller than the one before it."""
    sizes, smaller = before[1:-1], after[1:-1]
    # Tokens of any number are as many as before; pictures may not be.
    if sizes == smaller and (None not in sizes or len(sizes) == 1):
        return 1
    factors = set()
    if len(before) == len(after) == 4 and None not in (*sizes, *smaller):
        pairs = zip(sizes, smaller, strict=True)
        factors = {
            0 if size % small else size // small for size, small in pairs
        }
    if len(factors) != 1 or 0 in factors:
        raise ValueError(
            "StageAttention expects stages of known sizes, each smaller by a "
            f"whole factor than the one before. Received: {tuple(before)}, "
            f"then {tuple(after)}. Fix the size of the input, and make it a "
            "multiple of the largest stride."
        )
    return factors.pop()
