import keras
from keras import ops

from mm_keras.detection import layout
from mm_keras.detection import nms


@keras.saving.register_keras_serializable(package="mm_keras")
class DetectionDecoder(keras.layers.Layer):
    """Turns the output of a detection head into the boxes found.

    The score of a class at a location is the geometric mean of how sure the
    head is of the class and of the box:

        score = sqrt(sigmoid(class_logit) * sigmoid(quality))

    The `max_candidates` best pairs of location and class over
    `score_threshold` go through `non_max_suppression`; of what is left, the
    `max_detections` best are given, cut at the border of the picture.
    Predictions that are not finite are left out.

    Args:
        max_detections: Number of rows of the result.
        score_threshold: Least score, from 0 to 1.
        iou_threshold: Greatest intersection over union that two boxes of a
            class may have, from 0 to 1.
        max_candidates: Number of pairs that enter the suppression, at least
            `max_detections`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        outputs: Tensor of shape `(batch, locations, 8 + num_classes)`.

    Returns:
        Dictionary, float32 under every policy, rows in order of falling
        scores:
        - boxes: `(batch, max_detections, 4)`, ymin, xmin, ymax, xmax, relative
          to the picture, from 0 to 1. Padding is 0.
        - scores: `(batch, max_detections)`, from 0 to 1. Padding is 0.
        - classes: `(batch, max_detections)`, int32. Padding is -1.
        - count: `(batch,)`, int32, number of rows that are not padding.

    Raises:
        ValueError: If `max_detections` is not between 1 and `max_candidates`.

    Example:

    >>> features = {"P3": np.ones((2, 8, 8, 16), "float32")}
    >>> outputs = mm_keras.detection.DetectionHead(num_classes=3)(features)
    >>> found = mm_keras.detection.DetectionDecoder(max_detections=20)(outputs)
    >>> tuple(found["boxes"].shape)
    (2, 20, 4)
    """

    def __init__(
        self,
        *,
        max_detections=100,
        score_threshold=0.05,
        iou_threshold=0.6,
        max_candidates=300,
        **kwargs,
    ):
        # Half precision would move boxes by pixels.
        super().__init__(autocast=False, **kwargs)
        if not 1 <= max_detections <= max_candidates:
            raise ValueError(
                "DetectionDecoder expects `1 <= max_detections <= "
                f"max_candidates`. Received: max_detections={max_detections}, "
                f"max_candidates={max_candidates}. Raise `max_candidates`."
            )
        self.max_detections = max_detections
        self.score_threshold = score_threshold
        self.iou_threshold = iou_threshold
        self.max_candidates = max_candidates

    def call(self, outputs):
        boxes, scores, classes = self._candidates(
            layout.split(ops.cast(outputs, "float32"))
        )
        keep = nms.non_max_suppression(
            boxes, classes, scores > 0, iou_threshold=self.iou_threshold
        )
        scores, index = ops.top_k(
            ops.where(keep, scores, 0.0), self.max_detections
        )
        found = scores > 0
        boxes = ops.take_along_axis(boxes, index[..., None], axis=1)
        classes = ops.take_along_axis(classes, index, axis=1)
        return {
            "boxes": ops.where(found[..., None], boxes, 0.0),
            "scores": scores,
            "classes": ops.where(found, classes, -1),
            "count": ops.sum(ops.cast(found, "int32"), axis=1),
        }

    def _candidates(self, parts):
        """Best pairs of location and class, of score 0 where there is none."""
        num_classes = parts.class_logits.shape[-1]
        scores = ops.sqrt(
            ops.sigmoid(parts.class_logits)
            * ops.sigmoid(parts.quality)[..., None]
        )
        finite = ops.all(ops.isfinite(parts.boxes), axis=-1, keepdims=True)
        # A comparison with NaN is false.
        fine = ops.logical_and(scores > self.score_threshold, finite)
        scores = ops.where(fine, scores, 0.0)
        boxes = ops.clip(ops.where(finite, parts.boxes, 0.0), 0.0, 1.0)
        flat = ops.reshape(scores, (ops.shape(scores)[0], -1))
        # Small pictures may have fewer pairs.
        flat = ops.pad(flat, [[0, 0], [0, self.max_candidates]])
        scores, index = ops.top_k(flat, self.max_candidates)
        # Padding points behind the last location.
        last = ops.shape(boxes)[1] - 1
        location = ops.minimum(index // num_classes, last)
        boxes = ops.take_along_axis(boxes, location[..., None], axis=1)
        return boxes, scores, index % num_classes

    def compute_output_shape(self, outputs_shape):
        shape = (outputs_shape[0], self.max_detections)
        return {
            "boxes": (*shape, 4),
            "scores": shape,
            "classes": shape,
            "count": shape[:1],
        }

    def compute_output_spec(self, outputs):
        # Keras would assume one dtype for all.
        dtypes = {"classes": "int32", "count": "int32"}
        return {
            key: keras.KerasTensor(shape, dtypes.get(key, "float32"))
            for key, shape in self.compute_output_shape(outputs.shape).items()
        }

    def get_config(self):
        return {
            **super().get_config(),
            "max_detections": self.max_detections,
            "score_threshold": self.score_threshold,
            "iou_threshold": self.iou_threshold,
            "max_candidates": self.max_candidates,
        }
