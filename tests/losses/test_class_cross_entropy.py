import keras
import numpy as np
import pytest
from keras import ops

from mm_keras.losses import ClassCrossEntropy

LABELS = np.array([2, 0, 1, 2], "int32")
LOGITS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def rows(loss, labels=LABELS, logits=LOGITS):
    loss.reduction = "none"
    return ops.convert_to_numpy(loss(labels, logits))


def test_values_are_those_of_the_formula():
    log_softmax = LOGITS - np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    target = 0.7 * np.eye(3)[LABELS] + 0.3 / 3
    weight = np.array([2.0, 1.0, 0.5])[LABELS]
    expected = -weight * np.sum(target * log_softmax, axis=1)
    loss = ClassCrossEntropy(
        3, label_smoothing=0.3, class_weight={0: 2.0, 2: 0.5}
    )
    np.testing.assert_allclose(rows(loss), expected, rtol=1e-5)


def test_without_options_is_that_of_keras():
    reference = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="none"
    )
    expected = ops.convert_to_numpy(reference(LABELS, LOGITS))
    np.testing.assert_allclose(rows(ClassCrossEntropy(3)), expected, rtol=1e-5)


def test_smoothing_is_that_of_keras_on_one_hot_targets():
    reference = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.2, reduction="none"
    )
    expected = reference(np.eye(3, dtype="float32")[LABELS], LOGITS)
    np.testing.assert_allclose(
        rows(ClassCrossEntropy(3, label_smoothing=0.2)),
        ops.convert_to_numpy(expected),
        rtol=1e-5,
    )


def test_class_weights_multiply_and_do_not_normalize():
    # Two classes, equal logits: each row costs log 2 times its weight.
    loss = ClassCrossEntropy(2, class_weight={1: 3.0})
    value = loss(np.array([0, 1]), np.zeros((2, 2)))
    assert float(value) == pytest.approx((1 + 3) / 2 * np.log(2.0))


def test_smoothing_keeps_a_confident_model_from_zero_loss():
    confident = np.array([[50.0, 0.0]])
    assert rows(ClassCrossEntropy(2), [0], confident)[0] == pytest.approx(0)
    # 0.1 / 2 of the target lies on the other class, 50 away.
    smoothed = rows(ClassCrossEntropy(2, label_smoothing=0.1), [0], confident)
    assert smoothed[0] == pytest.approx(0.05 * 50)


@pytest.mark.parametrize("shift", [-30.0, 1.0, 300.0])
def test_adding_a_constant_to_the_logits_changes_nothing(shift):
    loss = ClassCrossEntropy(3, label_smoothing=0.1)
    np.testing.assert_allclose(
        rows(loss, logits=LOGITS + shift), rows(loss), rtol=1e-3, atol=1e-4
    )


def test_labels_may_have_an_axis_of_one():
    np.testing.assert_array_equal(
        rows(ClassCrossEntropy(3), LABELS[:, None]), rows(ClassCrossEntropy(3))
    )


def test_class_weight_survives_a_file_whose_keys_are_strings():
    loss = ClassCrossEntropy(3, class_weight={1: 3.0})
    assert loss.get_config()["class_weight"] == {"1": 3.0}
    twin = ClassCrossEntropy.from_config(loss.get_config())
    assert twin.class_weight == {1: 3.0}


@pytest.mark.parametrize("wrong", [3, -1])
def test_weight_of_an_unknown_class_is_explained(wrong):
    message = rf"`class_weight`.*from 0 to 2.*Received: \[{wrong}\].*Use"
    with pytest.raises(ValueError, match=message):
        ClassCrossEntropy(3, class_weight={0: 1.0, wrong: 2.0})
