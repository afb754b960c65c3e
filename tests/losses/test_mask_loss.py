import keras
import numpy as np
import pytest
from differentiation import gradient
from keras import ops

from mm_keras.losses import MaskLoss

RNG = np.random.default_rng(0)
MASKS = RNG.integers(0, 4, (3, 4, 5, 1)).astype("int32")
LOGITS = RNG.normal(size=(3, 4, 5, 4)).astype("float32")


def rows(loss, masks=MASKS, logits=LOGITS):
    loss.reduction = "none"
    return ops.convert_to_numpy(loss(masks, logits))


def paper(mask, logits, dice_weight):
    """Cross-entropy and Dice of one example, pixel by pixel."""
    pixels = [
        (int(label), np.exp(row) / np.exp(row).sum())
        for label, row in zip(
            mask.reshape(-1), logits.reshape(-1, logits.shape[-1]), strict=True
        )
    ]
    cross_entropy = np.mean([-np.log(p[label]) for label, p in pixels])
    scores = []
    for c in {label for label, _ in pixels}:
        shared = sum(p[c] for label, p in pixels if label == c)
        total = sum(p[c] + (label == c) for label, p in pixels)
        scores.append(2 * shared / total)
    return cross_entropy + dice_weight * (1 - np.mean(scores))


def test_values_are_those_of_the_formula():
    expected = [
        paper(mask, logits, 0.7)
        for mask, logits in zip(MASKS, LOGITS, strict=True)
    ]
    np.testing.assert_allclose(
        rows(MaskLoss(dice_weight=0.7)), expected, rtol=1e-5
    )


def test_values_by_hand():
    # Both classes have probability 1/2 at each of 4 pixels; 3 are class 0.
    mask = np.array([0, 0, 0, 1]).reshape(1, 2, 2, 1)
    dice = (2 * 1.5 / (2 + 3) + 2 * 0.5 / (2 + 1)) / 2
    value = MaskLoss(dice_weight=0.5)(mask, np.zeros((1, 2, 2, 2)))
    assert float(value) == pytest.approx(np.log(2.0) + 0.5 * (1 - dice))


def test_without_dice_is_the_cross_entropy_of_keras():
    reference = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    value = MaskLoss(dice_weight=0.0)(MASKS, LOGITS)
    assert float(value) == pytest.approx(float(reference(MASKS, LOGITS)))


def test_perfect_mask_costs_nothing():
    logits = 60.0 * np.eye(4, dtype="float32")[MASKS[..., 0]]
    np.testing.assert_allclose(rows(MaskLoss(), logits=logits), 0.0, atol=1e-6)


def test_order_of_pixels_does_not_matter():
    turned = rows(MaskLoss(), MASKS[:, ::-1, ::-1], LOGITS[:, ::-1, ::-1])
    np.testing.assert_allclose(turned, rows(MaskLoss()), rtol=1e-5)


def test_classes_that_do_not_occur_do_not_count():
    never = np.full((3, 4, 5, 2), -100.0, "float32")
    more = np.concatenate([LOGITS, never], axis=-1)
    np.testing.assert_allclose(
        rows(MaskLoss(), logits=more), rows(MaskLoss()), rtol=1e-5
    )


@pytest.mark.parametrize("ignored", [0, 3, 255])
class TestIgnoredPixels:
    def test_are_as_if_they_had_been_cut_off(self, ignored):
        known = np.where(ignored == MASKS, 1, MASKS)
        border = np.full((3, 4, 2, 1), ignored)
        masks = np.concatenate([known, border], axis=2)
        logits = RNG.normal(size=(3, 4, 7, 4)).astype("float32")
        np.testing.assert_allclose(
            rows(MaskLoss(ignore_class=ignored), masks, logits),
            rows(MaskLoss(), known, logits[:, :, :5]),
            rtol=1e-5,
        )

    def test_have_no_gradient(self, ignored):
        masks = MASKS.copy()
        masks[:, 0] = ignored
        loss = MaskLoss(ignore_class=ignored)
        found = gradient(lambda logits: loss(masks, logits), LOGITS)
        assert np.all(found[:, 0] == 0)
        assert np.any(found[:, 1:] != 0)

    def test_nothing_but_them_costs_nothing(self, ignored):
        masks = np.full_like(MASKS, ignored)
        loss = MaskLoss(ignore_class=ignored)
        np.testing.assert_array_equal(rows(loss, masks), np.zeros(3))
        loss = MaskLoss(ignore_class=ignored)
        found = gradient(lambda logits: loss(masks, logits), LOGITS)
        np.testing.assert_array_equal(found, np.zeros_like(LOGITS))
