import keras
from keras import tree

from mm_keras.layers.bring import FLAGS


@keras.saving.register_keras_serializable(package="mm_keras")
class TaskAttention(keras.layers.Layer):
    """Weighs shared features for one task, each by a number between 0 and 1.

    A small network looks at the features and says, for every channel, and for
    every cell of a picture or token of a text, how much of it the task wants:

        mask = sigmoid(W2 relu(W1 features + b1) + b2)
        outputs = mask * features

    `W1` and `W2` act on channels, and are the same at every cell: they are 1x1
    convolutions. Each level of a pyramid has its own. With `W2 = 0` and a large
    `b2` the features pass unchanged.

    Args:
        hidden_units: Width of `W1 features`. Defaults to a quarter of the
            channels.
        bias_initializer: Initializer of `b2`. The default, zeros, begins
            with masks of about one half.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        features: A view: a tensor of shape `(batch, ..., channels)`, or a
            dictionary of such, from level to feature map, or of `"tokens"` and
            `"tokens_mask"`, the latter of which passes as it is.

    Returns:
        What `features` is, of the same shapes.

    Raises:
        ValueError: If `hidden_units` is no positive integer.

    Example:

    >>> vector = np.ones((2, 16))
    >>> layer = mm_keras.layers.TaskAttention()
    >>> tuple(layer(vector).shape)
    (2, 16)

    The masks of a batch, from the layer or from a trained model:

    >>> masks = layer.attention(vector)       # (2, 16)
    >>> x = keras.Input((16,))
    >>> model = keras.Model(x, layer(x))
    >>> masks = layer.attention_model(model).predict(vector, verbose=0)
    >>> bool(0 < masks.min() <= masks.max() < 1)
    True

    Reference:
        [Liu et al., 2019](https://arxiv.org/abs/1803.10704), whose masks on
        every stage are `mm_keras.models.mtan`.
    """

    def __init__(
        self, hidden_units=None, *, bias_initializer="zeros", **kwargs
    ):
        super().__init__(**kwargs)
        self.hidden_units = hidden_units
        self.bias_initializer = keras.initializers.get(bias_initializer)
        whole = hidden_units is None or isinstance(hidden_units, int)
        if not whole or hidden_units is not None and hidden_units < 1:
            raise ValueError(
                "Argument `hidden_units` of TaskAttention expects an integer "
                f"of at least 1, or None. Received: {hidden_units!r}. Leave it "
                "out for a quarter of the channels."
            )

    def build(self, features_shape):
        self.named = isinstance(features_shape, dict)
        shapes = features_shape if self.named else {"": features_shape}
        self.parts = {
            name: self._build_part(name, shape[-1])
            for name, shape in shapes.items()
            if name != FLAGS
        }

    def _build_part(self, name, channels):
        """Returns the two layers from features to the mask's logits."""
        # Unique in a model, where `attention_model` calls them by themselves.
        prefix = f"{self.name}_{name}_" if name else f"{self.name}_"
        hidden = keras.layers.Dense(
            self.hidden_units or max(channels // 4, 1),
            activation="relu",
            dtype=self.dtype_policy,
            name=f"{prefix}hidden",
        )
        mask = keras.layers.Dense(
            channels,
            activation="sigmoid",
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=f"{prefix}mask",
        )
        hidden.build((None, channels))
        mask.build((None, hidden.units))
        return hidden, mask

    def call(self, features):
        masks = self.attention(features)
        if not self.named:
            return features * masks
        return {
            name: x * masks[name] if name in masks else x
            for name, x in features.items()
        }

    def attention(self, features):
        """Returns the masks: what `features` is, without `"tokens_mask"`."""
        if not self.built:
            self(features)
        parts = features if self.named else {"": features}
        masks = {
            name: mask(hidden(parts[name]))
            for name, (hidden, mask) in self.parts.items()
        }
        return masks if self.named else masks[""]

    def attention_model(self, model):
        """Returns a model from the inputs of `model` to the masks.

        Args:
            model: A functional model which calls this layer, once.
        """
        features = self.input
        if self.named:
            # Keras lists the tensors of a dictionary by sorted name.
            tensors = features if isinstance(features, list) else [features]
            names = sorted(self.parts)
            features = dict(zip(names, tensors, strict=False))
        return keras.Model(model.input, self.attention(features))

    def compute_output_shape(self, features_shape):
        return features_shape

    def compute_output_spec(self, features):
        # Keras would assume that flags are numbers.
        return tree.map_structure(
            lambda x: keras.KerasTensor(x.shape, dtype=x.dtype), features
        )

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "bias_initializer": keras.initializers.serialize(
                self.bias_initializer
            ),
        }
