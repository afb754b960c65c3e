import contextlib
import io

import numpy as np
import pytest

from mm_keras import detection


def pycocotools_precision(truth, found, num_classes):
    """(ap, ap50, ap75, ap of each class) of the reference implementation."""
    coco = pytest.importorskip("pycocotools.coco")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    classes = [{"id": c, "name": str(c)} for c in range(num_classes)]
    images = [{"id": i + 1} for i in range(len(truth))]
    boxes, results = [], []
    for image, rows in enumerate(truth.astype("float64"), start=1):
        for ymin, xmin, ymax, xmax, label in rows[rows[:, 4] >= 0]:
            sides = [xmax - xmin, ymax - ymin]
            boxes.append(
                {
                    "id": len(boxes) + 1,
                    "image_id": image,
                    "category_id": int(label),
                    "bbox": [xmin, ymin, *sides],
                    "area": np.prod(sides),
                    "iscrowd": 0,
                }
            )
    for image, rows in enumerate(found["boxes"].astype("float64")):
        for row, label, score in zip(
            rows, found["classes"][image], found["scores"][image], strict=True
        ):
            if label >= 0:
                results.append(
                    {
                        "image_id": image + 1,
                        "category_id": int(label),
                        "bbox": [
                            *row[[1, 0]],
                            row[3] - row[1],
                            row[2] - row[0],
                        ],
                        "score": float(score),
                    }
                )
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        reference.dataset = {
            "images": images,
            "categories": classes,
            "annotations": boxes,
        }
        reference.createIndex()
        evaluation = cocoeval.COCOeval(
            reference, reference.loadRes(results), "bbox"
        )
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    each = np.where(precision < 0, np.nan, precision).mean(axis=(0, 1))
    return *evaluation.stats[:3], each


def noisy_detections(truth, num_classes, extra=10, seed=0):
    """The truth moved about, some of another class, and some inventions."""
    rng = np.random.default_rng(seed)
    images, boxes, _ = truth.shape
    moved = truth[..., :4] + rng.normal(scale=0.03, size=(images, boxes, 4))
    corners = np.sort(rng.random((images, extra, 2, 2)), axis=2)
    labels = np.where(
        rng.random((images, boxes)) < 0.8,
        truth[..., 4],
        rng.integers(num_classes, size=(images, boxes)),
    )
    labels[rng.random(labels.shape) < 0.1] = -1
    invented = rng.integers(-1, num_classes, size=(images, extra))
    return {
        "boxes": np.concatenate(
            [moved, corners.reshape(images, extra, 4)], axis=1
        ).astype("float32"),
        # Tenths, so that there are ties.
        "scores": rng.random((images, boxes + extra))
        .round(1)
        .astype("float32"),
        "classes": np.concatenate([labels, invented], axis=1).astype("int32"),
    }


@pytest.mark.parametrize("seed", range(3))
def test_equals_pycocotools(make, seed):
    truth = make.random_truth(batch=60, max_boxes=8, num_classes=4, seed=seed)
    truth[:10] = -1
    truth[10:30, 3:] = -1
    truth[..., 4][truth[..., 4] == 2] = 1  # Class 2 never occurs.
    found = noisy_detections(truth, num_classes=4, seed=seed)
    result = detection.average_precision(truth, found, num_classes=4)
    ap, ap50, ap75, each = pycocotools_precision(truth, found, 4)
    assert 0.05 < ap < 0.9
    np.testing.assert_allclose(
        [result["ap"], result["ap50"], result["ap75"]],
        [ap, ap50, ap75],
        atol=1e-8,
    )
    np.testing.assert_allclose(result["ap_per_class"], each, atol=1e-8)
    assert np.isnan(result["ap_per_class"][2])
    np.testing.assert_allclose(np.nanmean(result["ap50_per_class"]), ap50)
    assert np.nanstd(result["ap50_per_class"]) > 0


def boxes(*rows):
    return np.array([rows], "float64")


def found(*rows):
    """Detections of images, each a list of (box, class, score)."""
    most = max(map(len, rows))
    rows = [[*r, *[([0, 0, 0, 0], -1, 0.0)] * (most - len(r))] for r in rows]
    return {
        "boxes": np.array([[b for b, _, _ in r] for r in rows], "float64"),
        "classes": np.array([[c for _, c, _ in r] for r in rows]),
        "scores": np.array([[s for _, _, s in r] for r in rows]),
    }


BOX = [0.1, 0.1, 0.5, 0.5]


def test_perfect_detections_have_precision_one():
    result = detection.average_precision(
        boxes([*BOX, 0]), found([(BOX, 0, 0.5)]), num_classes=1
    )
    assert result["ap"] == result["ap50"] == result["ap75"] == 1


def test_iou_decides_about_the_thresholds():
    # IoU 0.7: true at 0.5, 0.55, 0.6, 0.65 and 0.7, five of ten.
    shorter = [0.1, 0.1, 0.1 + 0.7001 * 0.4, 0.5]
    result = detection.average_precision(
        boxes([*BOX, 0]), found([(shorter, 0, 0.5)]), num_classes=1
    )
    np.testing.assert_allclose(result["ap"], 0.5)
    assert (result["ap50"], result["ap75"]) == (1, 0)


def test_image_without_objects_counts_its_false_detections():
    truth = np.array([[[*BOX, 0]], [[-1] * 5]])
    silent = detection.average_precision(
        truth, found([(BOX, 0, 0.5)], []), num_classes=1
    )
    loud = detection.average_precision(
        truth, found([(BOX, 0, 0.5)], [(BOX, 0, 0.9)]), num_classes=1
    )
    assert silent["ap"] == 1
    # Precision 1 / 2 at every recall.
    np.testing.assert_allclose(loud["ap"], 0.5)


def test_no_detection_has_precision_zero():
    result = detection.average_precision(
        boxes([*BOX, 0]), found([(BOX, -1, 0.0)]), num_classes=2
    )
    assert result["ap"] == 0
    assert result["ap_per_class"][0] == 0
    assert np.isnan(result["ap_per_class"][1])


def test_no_object_has_no_precision():
    result = detection.average_precision(
        boxes([-1] * 5), found([(BOX, 0, 0.5)]), num_classes=1
    )
    assert np.isnan([result["ap"], result["ap50"], result["ap75"]]).all()


def test_truth_without_area_is_left_out():
    degenerate = [0.5, 0.5, 0.5, 0.9, 0]
    result = detection.average_precision(
        boxes([*BOX, 0], degenerate), found([(BOX, 0, 0.5)]), num_classes=1
    )
    assert result["ap"] == 1


def test_images_may_have_different_numbers_of_boxes():
    truth = [np.array([[*BOX, 0]] * 2), np.zeros((0, 5))]
    detections = {
        "boxes": [np.array([BOX, BOX]), np.zeros((0, 4))],
        "scores": [np.array([0.5, 0.4]), np.zeros(0)],
        "classes": [np.array([0, 0]), np.zeros(0)],
    }
    result = detection.average_precision(truth, detections, num_classes=1)
    assert result["ap"] == 1


def test_is_quiet(capsys):
    detection.average_precision(
        boxes([*BOX, 0]), found([(BOX, 0, 0.5)]), num_classes=1
    )
    assert capsys.readouterr() == ("", "")


def test_different_numbers_of_images_are_explained():
    with pytest.raises(ValueError, match=r"as many.*Received: 2 and 1.*Pass"):
        detection.average_precision(
            np.full((2, 1, 5), -1.0), found([(BOX, 0, 0.5)]), num_classes=1
        )
