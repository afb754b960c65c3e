import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class FusionLayer(keras.layers.Layer):
    """Base of the layers that join the vectors of several modalities.

    Vectors come by name, one per modality, so no fusion depends on the order
    in which they are passed. Where a modality is absent from an example, its
    vector is set to zero before anything is computed from it, so that not even
    a NaN can leak.

    Subclasses implement `fuse(vectors, present)`, from the vectors, a dict in
    alphabetical order, absent rows zeroed, and the presence of every modality,
    a dict of the same keys and booleans of shape `(batch, 1)`, to a tensor of
    shape `(batch, features)`. They may override `build_fusion(widths)`, from
    `{modality: features}`, to create weights and to refuse widths, and have to
    implement `fused_width(widths)`.

    Args:
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        vectors: Dict from modality to a tensor of shape `(batch, features)`.
        present: Optional dict from modality to a tensor of shape `(batch,)`,
            positive where the modality is there. Modalities that it does not
            name are always there.

    Returns:
        A tensor of shape `(batch, features)`.

    Raises:
        ValueError: If the vectors are not named or not flat, or a presence
            belongs to no vector.
    """

    def build(self, vectors_shape=None, present_shape=None):
        self.widths = widths_of(vectors_shape, type(self).__name__)
        self.flags = sorted(present_shape or {})
        unknown = sorted(set(self.flags) - set(self.widths))
        if unknown:
            raise ValueError(
                f"Argument `present` of {type(self).__name__} expects names "
                f"among the modalities {list(self.widths)}. Received: "
                f"{unknown} too. Remove these, or pass their vectors."
            )
        self.build_fusion(self.widths)

    def build_fusion(self, widths):
        pass

    def call(self, vectors, present=None):
        return self.fuse(*self.mask(vectors, present))

    def mask(self, vectors, present=None):
        """Returns sorted vectors, absent rows zeroed, and their presence."""
        present = present or {}
        masked, there = {}, {}
        for name in sorted(vectors):
            vector = vectors[name]
            flag = present.get(name)
            if flag is None:
                there[name] = ops.ones_like(vector[:, :1], dtype="bool")
                masked[name] = vector
            else:
                there[name] = ops.greater(ops.reshape(flag, (-1, 1)), 0)
                masked[name] = ops.where(
                    there[name], vector, ops.zeros_like(vector)
                )
        return masked, there

    def compute_output_shape(self, vectors_shape, present_shape=None):
        widths = widths_of(vectors_shape, type(self).__name__)
        batch = next(iter(vectors_shape.values()))[0]
        return (batch, self.fused_width(widths))


def widths_of(shapes, layer):
    """Returns `{modality: features}` in alphabetical order, after checks."""
    if not isinstance(shapes, dict) or not shapes:
        raise ValueError(
            f"{layer} expects a dict from modality to a tensor of shape "
            f"(batch, features). Received an input of shape {shapes}. "
            'Name the tensors, as in {"image": x, "text": y}.'
        )
    wrong = {name: s for name, s in shapes.items() if len(s) != 2}
    if wrong:
        raise ValueError(
            f"{layer} expects vectors of shape (batch, features). Received: "
            f"{wrong}. Pool the other axes first."
        )
    return {name: shapes[name][-1] for name in sorted(shapes)}
