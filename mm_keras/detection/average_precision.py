import numpy as np

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)


def average_precision(truth, detections, *, num_classes):
    """Average precision of detections over a whole data set, as COCO does it.

    For each class, detections of all images are sorted by score, and precision
    is averaged over recall, then over classes that occur and over thresholds of
    intersection over union. Boxes found in an image without objects count
    as false ones. Truth without an area is left out, as in training.

    Args:
        truth: `(images, max_boxes, 5)`, or a list of one array `(n, 5)` for
            each image: ymin, xmin, ymax, xmax, class id. Rows of class -1 are
            padding.
        detections: What `DetectionDecoder` gives, for all images: `"boxes"`
            `(images, n, 4)`, `"scores"` `(images, n)` and `"classes"`
            `(images, n)`, -1 for padding; or a list of one array each.
        num_classes: Number of classes.

    Returns:
        Dictionary, NaN where there is no object:
        - ap: mean over thresholds 0.5, 0.55, ... 0.95.
        - ap50, ap75: at one threshold.
        - ap_per_class, ap50_per_class: lists of `num_classes` values.

    Raises:
        ValueError: If there are not as many pictures found as true.

    Example:

    >>> truth = np.array([[[0.1, 0.1, 0.5, 0.5, 3]]])
    >>> found = {
    ...     "boxes": truth[..., :4],
    ...     "scores": np.array([[0.9]]),
    ...     "classes": np.array([[3]]),
    ... }
    >>> mm_keras.detection.average_precision(truth, found, num_classes=4)["ap"]
    1.0

    Reference:
        [Lin et al., 2014](https://arxiv.org/abs/1405.0312).
    """
    truth = [_real(np.asarray(rows, "float64")) for rows in truth]
    keys = ("boxes", "classes", "scores")
    found = [
        _found(*map(np.asarray, rows))
        for rows in zip(*(detections[key] for key in keys), strict=True)
    ]
    if len(truth) != len(found):
        raise ValueError(
            "average_precision expects as many images in `truth` as in "
            f"`detections`. Received: {len(truth)} and {len(found)}. Pass "
            "both for the same images, in the same order."
        )
    # (thresholds, recalls, classes); -1 for a class that does not occur.
    precision = _precision(truth, found, num_classes)
    precision = np.where(precision < 0, np.nan, precision)
    per_class = precision.mean(axis=1)
    return {
        "ap": _mean(per_class),
        "ap50": _mean(per_class[0]),
        "ap75": _mean(per_class[5]),
        "ap_per_class": per_class.mean(axis=0).tolist(),
        "ap50_per_class": per_class[0].tolist(),
    }


def _found(boxes, classes, scores):
    """Rows of box, class and score without the padding, in float64."""
    rows = [boxes, classes[:, None], scores[:, None]]
    return np.concatenate(rows, axis=1, dtype="float64")[classes >= 0]


def _real(rows):
    sides = rows[:, 2:4] - rows[:, :2]
    return rows[(rows[:, 4] >= 0) & (sides > 0).all(axis=1)]


def _mean(values):
    """Mean over what occurs."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else float("nan")


def _precision(truth, found, num_classes):
    # Loaded here, as few programs evaluate detections.
    from faster_coco_eval import COCO
    from faster_coco_eval import COCOeval_faster

    evaluation = COCOeval_faster(
        COCO(_coco(truth, num_classes)),
        COCO(_coco(found, num_classes)),
        iouType="bbox",
    )
    parameters = evaluation.params
    parameters.iouThrs = IOU_THRESHOLDS
    # Relative boxes have no meaningful size in pixels.
    parameters.areaRng = [[0.0, 1e10]]
    parameters.areaRngLbl = ["all"]
    parameters.maxDets = [max([1, *map(len, found)])]
    evaluation.evaluate()
    evaluation.accumulate()
    return evaluation.eval["precision"][:, :, :, 0, 0]


def _coco(images, num_classes):
    """Writes boxes of each image as a data set of COCO."""
    annotations = []
    for image, rows in enumerate(images):
        for ymin, xmin, ymax, xmax, *rest in rows.tolist():
            height, width = ymax - ymin, xmax - xmin
            annotations.append(
                {
                    "id": len(annotations) + 1,  # 0 would mean unmatched.
                    "image_id": image,
                    "category_id": int(rest[0]),
                    "bbox": [xmin, ymin, width, height],
                    "area": height * width,
                    "iscrowd": 0,
                    **dict(zip(["score"], rest[1:], strict=False)),
                }
            )
    return {
        "images": [{"id": image} for image in range(len(images))],
        "categories": [{"id": c, "name": str(c)} for c in range(num_classes)],
        "annotations": annotations,
    }
