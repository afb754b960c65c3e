import math

import keras
from keras import ops

from mm_keras.layers.unit_length import unit_length

MAX_SCALE = 100.0


@keras.saving.register_keras_serializable(package="mm_keras")
class AlignmentHead(keras.layers.Layer):
    """Brings modalities into one space, where inner products are similarities.

    Each modality has a linear projection of its own; the projected vectors are
    set to length 1 and multiplied with the square root of a learned scale, so
    that the inner product of two of them is a logit,
    `cosine(a, b) / temperature`, as `mm_keras.losses.InfoNCE` reads it:

        embedding_m = sqrt(scale) * normalize(h_m W_m)
        scale = 1 / temperature, learned as its logarithm, at most 100

    A zero vector stays zero, with a finite gradient.

    Args:
        units: Width of the shared space.
        between: Names of the modalities to align, at least two.
        temperature: Where the temperature starts, at least 0.01.
        dtype: Defaults to float32 under every global policy.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        vectors: Dict from modality to a tensor of shape `(batch, features)`.
            Modalities other than those in `between` are ignored.

    Returns:
        Embeddings of shape `(batch, modalities, units)`, modalities in the
        order of `between`.

    Raises:
        ValueError: If there are fewer than two modalities, the vectors of one
            are missing, or the temperature is too low.

    Example:

    >>> head = mm_keras.layers.AlignmentHead(8, temperature=0.25)
    >>> vectors = {"image": np.ones((2, 5)), "text": np.ones((2, 3))}
    >>> embeddings = head(vectors)
    >>> tuple(embeddings.shape)
    (2, 2, 8)
    >>> float(keras.ops.round(keras.ops.norm(embeddings[0, 0]), 4))
    2.0

    Reference:
        [Radford et al., 2021](https://arxiv.org/abs/2103.00020), figure 3.
    """

    view = "modalities"

    def __init__(
        self,
        units,
        between=("image", "text"),
        *,
        temperature=0.07,
        dtype="float32",
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        self.units = units
        self.between = tuple(between)
        self.temperature = check_temperature(temperature)
        if isinstance(between, str) or len(set(self.between)) < 2:
            raise ValueError(
                "Argument `between` of AlignmentHead expects the names of at "
                f"least two modalities. Received: between={between!r}. Pass "
                'for example ("image", "text").'
            )
        self.projections = {
            name: keras.layers.Dense(
                units, use_bias=False, dtype=dtype, name=f"{name}_projection"
            )
            for name in self.between
        }

    def build(self, vectors_shape):
        missing = [name for name in self.between if name not in vectors_shape]
        if missing:
            raise ValueError(
                f"AlignmentHead expects vectors of {list(self.between)}. "
                f"Received: {sorted(vectors_shape)}, without {missing}. Add "
                "an encoder of that name, or change `between`."
            )
        for name, projection in self.projections.items():
            projection.build(vectors_shape[name])
        self.log_scale = add_log_scale(self, self.temperature)

    def call(self, vectors):
        scale = ops.exp(0.5 * self.log_scale)
        projected = [
            self.projections[name](vectors[name]) for name in self.between
        ]
        stacked = ops.stack(projected, axis=1)
        return scale * unit_length(stacked)

    def compute_output_shape(self, vectors_shape):
        batch = vectors_shape[self.between[0]][0]
        return (batch, len(self.between), self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "between": list(self.between),
            "temperature": self.temperature,
        }


@keras.saving.register_keras_serializable(package="mm_keras")
class AtMost(keras.constraints.Constraint):
    """Keeps a weight at or below a value after every update."""

    def __init__(self, value):
        self.value = value

    def __call__(self, weight):
        return ops.minimum(weight, ops.cast(self.value, weight.dtype))

    def get_config(self):
        return {"value": self.value}


def add_log_scale(layer, temperature):
    """Adds the trained logarithm of the inverse temperature to a layer."""
    return layer.add_weight(
        shape=(),
        initializer=keras.initializers.Constant(-math.log(temperature)),
        constraint=AtMost(math.log(MAX_SCALE)),
        name="log_scale",
    )


def check_temperature(temperature):
    if not temperature >= 1 / MAX_SCALE:
        raise ValueError(
            "Argument `temperature` expects a number of at least "
            f"{1 / MAX_SCALE}. Received: temperature={temperature}. Common "
            "values lie between 0.05 and 0.2."
        )
    return temperature
