import keras
from keras import ops
from keras import tree

from mm_keras.layers.bring import bring
from mm_keras.layers.bring import FLAGS


@keras.saving.register_keras_serializable(package="mm_keras")
class Conditioning(keras.layers.Layer):
    """Corrects shared features by what earlier tasks have found.

    The features of a task are the shared ones plus a correction, for which a
    small network looks at the shared features, at the features of the earlier
    tasks and at their predictions:

        read = sum_e (U_e features_e + V_e prediction_e)
        hidden = relu(W features + b + read)
        outputs = features + Z hidden + c

    `Z` and `c` begin at zero, so that training starts from plain sharing. Each
    level of a pyramid has its own network, and so has each modality.

    What an earlier task gives is brought to where it is read: at a level of a
    pyramid, its own map of that level, or its pixels averaged over each cell;
    at a token, what it says of that token. Everything else is a vector, the
    same for all cells or tokens: maps become the mean and the largest of their
    cells, tokens their mean.

    Args:
        hidden_units: Width of `hidden`. Defaults to a quarter of the channels.
        stop_gradient: Whether a task leaves the predictions that it reads as
            they are; the features it reads learn from it in any case.
        kernel_initializer: Initializer of `Z`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        features: A view: a tensor of shape `(batch, ..., channels)`, or a
            dictionary of such; `"tokens_mask"` passes as it is.
        earlier: Optional dictionary from task to its features, views too.
        predictions: Optional dictionary from task to its prediction: of shape
            `(batch, d)`, `(batch, length, d)` per token,
            `(batch, height, width, d)` per pixel of the picture, or a
            dictionary from level to map.

    Returns:
        What `features` is, of the same shapes.

    Raises:
        ValueError: If pixels are read at a level whose name is not `P<l>`.

    Example:

    >>> layer = mm_keras.layers.Conditioning()
    >>> features, kind = np.ones((2, 16)), np.array([[0.9, 0.1], [0.5, 0.5]])
    >>> outputs = layer(features, predictions={"kind": kind})
    >>> bool(np.all(outputs == features))      # until it is trained
    True
    """

    def __init__(
        self,
        hidden_units=None,
        *,
        stop_gradient=True,
        kernel_initializer="zeros",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_units = hidden_units
        self.stop_gradient = stop_gradient
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, features_shape, earlier_shape=None, predictions_shape=None):
        self.named = isinstance(features_shape, dict)
        shapes = features_shape if self.named else {"": features_shape}
        given = symbolic(sources(earlier_shape, predictions_shape))
        self.parts = {
            name: self._build_part(name, shape, given)
            for name, shape in shapes.items()
            if name != FLAGS
        }

    def _build_part(self, name, shape, given):
        """Returns the layers that read, by source, and the one that writes."""
        channels = shape[-1]
        units = self.hidden_units or max(channels // 4, 1)
        prefix = f"{name}_" if name else ""
        widths = {"features": channels}
        for source, condition in given.items():
            widths[source] = bring(condition, name, len(shape)).shape[-1]
        readers = {
            source: self._dense(
                f"{prefix}{source}", width, units, source == "features"
            )
            for source, width in widths.items()
        }
        writer = keras.layers.Dense(
            channels,
            kernel_initializer=self.kernel_initializer,
            dtype=self.dtype_policy,
            name=f"{prefix}correction",
        )
        writer.build((None, units))
        return readers, writer

    def _dense(self, name, width, units, use_bias):
        layer = keras.layers.Dense(
            units, use_bias=use_bias, dtype=self.dtype_policy, name=name
        )
        layer.build((None, width))
        return layer

    def call(self, features, earlier=None, predictions=None):
        if self.stop_gradient and predictions:
            predictions = tree.map_structure(ops.stop_gradient, predictions)
        given = sources(earlier, predictions)
        parts = features if self.named else {"": features}
        corrected = {
            name: self._correct(name, parts[name], given) for name in self.parts
        }
        return {**parts, **corrected} if self.named else corrected[""]

    def _correct(self, name, features, given):
        """Returns one part of the features, corrected."""
        readers, writer = self.parts[name]
        rank = len(features.shape)
        hidden = readers["features"](features)
        for source, condition in given.items():
            found = ops.cast(bring(condition, name, rank), hidden.dtype)
            read = readers[source](found)
            missing = rank - len(read.shape)
            hidden += ops.expand_dims(read, tuple(range(1, 1 + missing)))
        return features + writer(ops.relu(hidden))

    def compute_output_shape(
        self, features_shape, earlier_shape=None, predictions_shape=None
    ):
        return features_shape

    def compute_output_spec(self, features, earlier=None, predictions=None):
        # Keras would assume that flags are numbers.
        return tree.map_structure(
            lambda x: keras.KerasTensor(x.shape, dtype=x.dtype), features
        )

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "stop_gradient": self.stop_gradient,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
        }


def sources(earlier, predictions):
    """Returns all that is read, or its shapes, by `<task>_<what>`."""
    found = {f"{t}_features": x for t, x in sorted((earlier or {}).items())}
    for task, prediction in sorted((predictions or {}).items()):
        found[f"{task}_prediction"] = prediction
    return found


def symbolic(shapes):
    """Returns symbolic tensors for shapes, in the same dictionaries."""
    if isinstance(shapes, dict):
        return {name: symbolic(shape) for name, shape in shapes.items()}
    return keras.KerasTensor(tuple(shapes))
