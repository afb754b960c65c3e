import keras
from keras import ops

from mm_keras.detection import layout
from mm_keras.layers.levels import choose


@keras.saving.register_keras_serializable(package="mm_keras")
class ScoreMaps(keras.layers.Layer):
    """Puts the scores of detections back into the cells that gave them.

    What another task can read of a detection, without the suppression of
    boxes: for each level a map of scores, per class the one that
    `mm_keras.detection.DetectionDecoder` ranks boxes by,
    `sqrt(sigmoid(class_logit) * sigmoid(quality))`.

    Args:
        levels: Names of the levels that the head looked at. None means all.
        dtype: Defaults to float32 under every global policy.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        outputs: Raw output of `mm_keras.detection.DetectionHead`.
        pyramid: Dictionary from level to features, that the head has read.

    Returns:
        Dictionary from level to a tensor of shape
        `(batch, height, width, num_classes)`, 0 to 1.

    Example:

    >>> pyramid = {"P3": np.ones((2, 8, 8, 16)), "P4": np.ones((2, 4, 4, 16))}
    >>> outputs = mm_keras.detection.DetectionHead(num_classes=10)(pyramid)
    >>> maps = mm_keras.detection.ScoreMaps()(outputs, pyramid)
    >>> tuple(maps["P3"].shape)
    (2, 8, 8, 10)
    """

    def __init__(self, *, levels=None, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.levels = None if levels is None else tuple(levels)

    def build(self, outputs_shape, pyramid_shape):
        pass

    def call(self, outputs, pyramid):
        parts = layout.split(outputs)
        scores = ops.sqrt(
            ops.sigmoid(parts.class_logits)
            * ops.sigmoid(parts.quality)[..., None]
        )
        maps, first = {}, 0
        for level, features in self._from_fine_to_coarse(pyramid):
            height, width = ops.shape(features)[1:3]
            cells = scores[:, first : first + height * width]
            shape = (-1, height, width, scores.shape[-1])
            maps[level] = ops.reshape(cells, shape)
            first += height * width
        return maps

    def _from_fine_to_coarse(self, pyramid):
        """Returns pairs of level and value, in the order of the locations."""
        chosen = choose(pyramid, self.levels, "ScoreMaps")
        return sorted(chosen.items(), key=lambda item: int(item[0][1:]))

    def compute_output_shape(self, outputs_shape, pyramid_shape):
        num_classes = outputs_shape[-1] - layout.NUM_BOX_CHANNELS
        return {
            level: (*shape[:-1], num_classes)
            for level, shape in self._from_fine_to_coarse(pyramid_shape)
        }

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}
