import keras
from keras import ops

from mm_keras.layers.fusion_layer import FusionLayer


@keras.saving.register_keras_serializable(package="mm_keras")
class AttentionFusion(FusionLayer):
    """Weighs modalities example by example, and adds them up.

    A small network, the same for all modalities, scores the vector of each;
    the softmax of the scores says how much each modality counts for this
    example:

        e_m = v . tanh(W h_m + b)
        alpha = softmax_m(e)
        h = sum_m alpha_m h_m

    An absent modality has `alpha_m = 0`, exactly as if it had been left out;
    where all are absent, `h` is zero.

    Args:
        units: Width to which a linear layer per modality first brings its
            vector. Defaults to `None`: no such layers, and all vectors must
            have the same width.
        hidden_units: Number of rows of `W`. Defaults to the width of `h_m`.
        kernel_initializer: Initializer of `W` and `v`.
        kernel_regularizer: Regularizer of `W` and `v`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        vectors: Dict from modality to a tensor of shape `(batch, features)`.
        present: Optional dict from modality to a tensor of shape `(batch,)`,
            positive where the modality is there.

    Returns:
        A tensor of shape `(batch, features)`, or `(batch, units)`.

    Raises:
        ValueError: If the vectors do not fit each other, or a presence belongs
            to no vector.

    Example:

    >>> vectors = {"image": np.eye(2), "text": np.ones((2, 2))}
    >>> layer = mm_keras.layers.AttentionFusion()
    >>> tuple(layer(vectors).shape)
    (2, 2)

    The weights `alpha` of an example, from the layer or from a trained model:

    >>> weights = layer.attention(vectors)          # {"image": (2,), ...}
    >>> x = {name: keras.Input((2,), name=name) for name in vectors}
    >>> model = keras.Model(x, layer(x))
    >>> weights = layer.attention_model(model).predict(vectors, verbose=0)
    >>> float(weights["image"][0] + weights["text"][0])
    1.0

    Reference:
        [Yang et al., 2016](https://aclanthology.org/N16-1174/), of whose word
        attention this is the form over modalities.
    """

    def __init__(
        self,
        units=None,
        *,
        hidden_units=None,
        kernel_initializer="glorot_uniform",
        kernel_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.hidden_units = hidden_units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_fusion(self, widths):
        self.projections = {
            name: keras.layers.Dense(
                self.units, dtype=self.dtype_policy, name=f"{name}_projection"
            )
            for name in (widths if self.units else {})
        }
        for name, projection in self.projections.items():
            projection.build((None, widths[name]))
        width = self.fused_width(widths)
        hidden_units = self.hidden_units or width
        kernel = {
            "initializer": self.kernel_initializer,
            "regularizer": self.kernel_regularizer,
        }
        self.kernel = self.add_weight(
            shape=(width, hidden_units), name="kernel", **kernel
        )
        self.bias = self.add_weight(
            shape=(hidden_units,), initializer="zeros", name="bias"
        )
        self.query = self.add_weight(
            shape=(hidden_units, 1), name="query", **kernel
        )

    def fuse(self, vectors, present):
        vectors = self.project(vectors)
        weights = self.weigh(vectors, present)
        weights = ops.cast(weights, self.compute_dtype)
        stacked = ops.stack(list(vectors.values()), axis=1)
        return ops.einsum("bm,bmd->bd", weights, stacked)

    def project(self, vectors):
        if not self.units:
            return vectors
        return {name: self.projections[name](vectors[name]) for name in vectors}

    def weigh(self, vectors, present):
        """Returns alpha, of shape (batch, modalities), in float32."""
        scores = []
        for vector in vectors.values():
            hidden = ops.tanh(ops.matmul(vector, self.kernel) + self.bias)
            scores.append(ops.matmul(hidden, self.query))
        scores = ops.cast(ops.concatenate(scores, axis=1), "float32")
        there = ops.concatenate(list(present.values()), axis=1)
        scores = ops.where(there, scores, -1e9)
        scores -= ops.max(scores, axis=1, keepdims=True)
        weights = ops.where(there, ops.exp(scores), 0.0)
        # The sum is at least 1 unless all are absent: then all weights are 0.
        total = ops.sum(weights, axis=1, keepdims=True)
        return weights / ops.maximum(total, 1.0)

    def attention(self, vectors, present=None):
        """Returns the weights `alpha`, a dict from modality to `(batch,)`."""
        if not self.built:
            self(vectors, present)
        vectors = {
            name: ops.cast(vector, self.compute_dtype)
            for name, vector in vectors.items()
        }
        vectors, present = self.mask(vectors, present)
        weights = self.weigh(self.project(vectors), present)
        return {name: weights[:, i] for i, name in enumerate(vectors)}

    def attention_model(self, model):
        """Returns a model from the inputs of `model` to the weights `alpha`.

        Args:
            model: A functional model which calls this layer, once.
        """
        tensors = self.input if isinstance(self.input, list) else [self.input]
        vectors = dict(zip(self.widths, tensors, strict=False))
        present = dict(
            zip(self.flags, tensors[len(self.widths) :], strict=True)
        )
        return keras.Model(model.input, self.attention(vectors, present))

    def fused_width(self, widths):
        if not self.units and len(set(widths.values())) > 1:
            raise ValueError(
                "AttentionFusion without `units` expects vectors of one "
                f"width. Received widths: {widths}. Pass `units`, the width "
                "to bring them all to."
            )
        return self.units or next(iter(widths.values()))

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": self.hidden_units,
            "kernel_initializer": keras.initializers.serialize(
                self.kernel_initializer
            ),
            "kernel_regularizer": keras.regularizers.serialize(
                self.kernel_regularizer
            ),
        }
