import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class PointDecoder(keras.layers.Layer):
    """Maps the output of a point head to points and how sure they are.

    Args:
        dtype: Defaults to float32 under every global policy.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        outputs: Raw output of `mm_keras.layers.PointHead`, of shape
            `(batch, num_points, 3)`.

    Returns:
        Dictionary of `"points"`, y and x, relative, of shape
        `(batch, num_points, 2)`, and `"scores"`, the probabilities that they
        are visible, of shape `(batch, num_points)`.

    Example:

    >>> found = mm_keras.layers.PointDecoder()(np.array([[[0.5, 0.25, 0.0]]]))
    >>> found["points"].numpy(), found["scores"].numpy()
    (array([[[0.5 , 0.25]]], dtype=float32), array([[0.5]], dtype=float32))
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, outputs_shape):
        pass

    def call(self, outputs):
        return {
            "points": outputs[..., :2],
            "scores": ops.sigmoid(outputs[..., 2]),
        }

    def compute_output_shape(self, outputs_shape):
        rows = tuple(outputs_shape[:2])
        return {"points": (*rows, 2), "scores": rows}
