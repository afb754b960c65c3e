import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import detection


def call(truth, outputs, **options):
    """Loss of each picture."""
    loss = detection.DetectionLoss(reduction=None, **options)
    return ops.convert_to_numpy(loss(truth, outputs))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def area(box):
    return np.prod(np.maximum(box[2:] - box[:2], 0))


def box_terms(row, box):
    """1 - giou, and the cross-entropy of quality and centerness."""
    inner = np.r_[np.maximum(row[:2], box[:2]), np.minimum(row[2:4], box[2:])]
    hull = np.r_[np.minimum(row[:2], box[:2]), np.maximum(row[2:4], box[2:])]
    union = area(row[:4]) + area(box) - area(inner)
    giou = area(inner) / union - (area(hull) - union) / area(hull)
    y, x = row[5:7] / 64
    y_sides, x_sides = [y - box[0], box[2] - y], [x - box[1], box[3] - x]
    ratios = [max(min(s), 0) / max(s) for s in (y_sides, x_sides)]
    centerness, p = np.sqrt(np.prod(ratios)), sigmoid(row[4])
    entropy = centerness * np.log(p) + (1 - centerness) * np.log(1 - p)
    return 1 - giou - entropy


def written_out(outputs, found, alpha=0.25, gamma=2.0):
    """The formula of the docstring for one square picture."""
    total = 0.0
    for location, row in enumerate(outputs.astype("float64")):
        for c, logit in enumerate(row[8:]):
            p = sigmoid(logit)
            if c == found.classes[location]:
                total -= alpha * (1 - p) ** gamma * np.log(p)
            else:
                total -= (1 - alpha) * p**gamma * np.log(1 - p)
        if found.positive[location]:
            total += box_terms(row, found.boxes[location].astype("float64"))
    return total / max(1, found.positive.sum())


def test_equals_the_formula_written_out(make):
    truth = make.random_truth(batch=3)
    truth[2] = -1
    outputs = make.random_output(batch=3)
    found = make.assign(truth)
    expected = [
        written_out(outputs[i], type(found)(*(x[i] for x in found)))
        for i in range(3)
    ]
    np.testing.assert_allclose(call(truth, outputs), expected, rtol=1e-4)


# One cell of stride 4, so that its one location is its center.
CELL = [0, 0, 4 / 64, 4 / 64, 3]


def test_perfect_prediction_costs_nothing(make):
    truth = make.pad([CELL], [])
    np.testing.assert_allclose(
        call(truth, make.perfect_output(truth)), 0, atol=1e-5
    )


def test_perfect_prediction_is_a_minimum(make):
    truth = make.pad([[0.1, 0.2, 0.5, 0.7, 3], [0.6, 0.6, 0.9, 0.8, 1]])
    outputs = make.perfect_output(truth)
    loss = detection.DetectionLoss()
    slope = make.gradient(lambda x: loss(truth, x), outputs)
    np.testing.assert_allclose(slope[..., 4:], 0, atol=1e-5)
    moved, quiet = outputs.copy(), outputs.copy()
    quiet[..., 8:] = -20
    moved[..., :4] += np.array([0.01, 0.0, 0.01, 0.0], "float32")
    for worse in (moved, quiet):
        assert np.all(call(truth, worse) > call(truth, outputs) + 0.01)
    # Only the entropy of the centerness is left.
    np.testing.assert_allclose(
        call(truth, outputs), call(truth, outputs, box_weight=0.0), atol=1e-5
    )


def test_box_as_far_as_can_be_costs_almost_two(make):
    truth = make.pad([CELL])
    outputs = make.perfect_output(truth)
    outputs[make.assign(truth).positive, :4] = [0.99, 0.99, 1.0, 1.0]
    # Intersection 0, union 1 / 256 + 1 / 10,000, hull 1.
    cost = 2 - 1 / 256 - 1e-4
    np.testing.assert_allclose(call(truth, outputs), cost, rtol=1e-4)
    np.testing.assert_allclose(
        call(truth, outputs, box_weight=3.0), 3 * cost, rtol=1e-4
    )


def test_picture_without_objects_teaches_silence(make):
    truth = make.pad([])
    outputs = make.random_output(batch=1)
    slope = make.gradient(
        lambda x: ops.sum(detection.DetectionLoss()(truth, x)), outputs
    )
    assert np.all(slope[..., 8:] > 0)
    np.testing.assert_array_equal(slope[..., :8], 0)


def test_constants_of_the_grid_get_no_gradient(make):
    truth, outputs = make.random_truth(), make.random_output()
    loss = detection.DetectionLoss()
    slope = make.gradient(lambda x: loss(truth, x), outputs)
    np.testing.assert_array_equal(slope[..., 5:8], 0)
    assert np.any(slope[..., :5] != 0, axis=(0, 1)).all()
    assert np.any(slope[..., 8:] != 0, axis=(0, 1)).all()


def test_order_of_boxes_does_not_matter(make):
    truth, outputs = make.random_truth(), make.random_output()
    np.testing.assert_allclose(
        call(truth[:, ::-1], outputs), call(truth, outputs), rtol=1e-6
    )


def test_padding_rows_do_nothing(make):
    truth, outputs = make.random_truth(), make.random_output()
    padded = np.concatenate([truth, np.full((2, 50, 5), -1.0)], axis=1)
    np.testing.assert_allclose(call(padded, outputs), call(truth, outputs))


def test_unlabelled_picture_changes_nothing_for_the_others(make):
    truth, outputs = make.random_truth(batch=3), make.random_output(batch=3)
    weight = np.array([1.0, 0.0, 1.0])
    broken_truth, broken = truth.copy(), outputs.copy()
    broken_truth[1], broken[1] = np.nan, np.nan
    loss = detection.DetectionLoss()
    expected = loss(truth[[0, 2]], outputs[[0, 2]])
    np.testing.assert_allclose(
        loss(broken_truth, broken, weight), expected, rtol=1e-6
    )
    slope = make.gradient(lambda x: loss(broken_truth, x, weight), broken)
    assert np.isfinite(slope).all()
    np.testing.assert_array_equal(slope[1], 0)
    assert np.any(slope[[0, 2]] != 0)


EDGE_CASES = {
    "empty": [],
    "whole picture": [[0, 0, 1, 1, 0]],
    "corner": [[0.9, 0.9, 1, 1, 9]],
    "beyond the border": [[-0.5, -0.5, 0.1, 1.5, 0]],
    "outside": [[1.5, 1.5, 2, 2, 0]],
    "no area": [[0.5, 0.5, 0.5, 0.5, 0], [0.5, 0.2, 0.5, 0.9, 1]],
    "upside down": [[0.9, 0.9, 0.1, 0.1, 0]],
    "smaller than a pixel": [[0.5, 0.5, 0.501, 0.501, 0]],
    "hardly any area": [[0.5, 0.5, 0.5 + 1e-6, 0.5 + 1e-6, 0]],
    "the same place": [[0.2, 0.2, 0.6, 0.6, c] for c in range(6)],
}


@pytest.mark.parametrize("rows", EDGE_CASES.values(), ids=EDGE_CASES)
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_loss_and_gradient_are_finite(make, rows, scale):
    outputs = make.random_output(batch=1)
    outputs[..., :5] *= scale
    outputs[..., 8:] *= scale
    truth = make.pad(rows)
    assert np.isfinite(call(truth, outputs)).all()
    slope = make.gradient(
        lambda x: ops.sum(detection.DetectionLoss()(truth, x)), outputs
    )
    assert np.isfinite(slope).all()


def test_boxes_without_area_count_as_no_boxes(make):
    outputs = make.random_output(batch=1)
    for case in ("no area", "upside down", "outside"):
        np.testing.assert_allclose(
            call(make.pad(EDGE_CASES[case]), outputs),
            call(make.pad([]), outputs),
        )


def test_more_boxes_than_locations_are_finite(make):
    truth = make.random_truth(max_boxes=500)
    assert np.isfinite(call(truth, make.random_output())).all()


def test_predicted_box_without_area_still_learns(make):
    truth = make.pad([[0.2, 0.2, 0.6, 0.6, 1]])
    outputs = make.random_output(batch=1)
    outputs[..., 2:4] = outputs[..., :2]
    slope = make.gradient(
        lambda x: ops.sum(detection.DetectionLoss()(truth, x)), outputs
    )
    assert np.isfinite(slope).all()


def test_computes_in_float32_from_half_precision(make):
    truth = make.random_truth()
    outputs = ops.cast(make.random_output(), "bfloat16")
    values = detection.DetectionLoss(reduction=None)(truth, outputs)
    assert keras.backend.standardize_dtype(values.dtype) == "float32"
    np.testing.assert_array_equal(
        values, call(truth, ops.cast(outputs, "float32"))
    )


def test_configuration_comes_back():
    loss = detection.DetectionLoss(
        box_weight=2.0, alpha=0.5, gamma=1.0, name="boxes"
    )
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
    assert (copy.box_weight, copy.alpha, copy.gamma) == (2.0, 0.5, 1.0)
