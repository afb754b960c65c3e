import keras
import numpy as np
import pytest
from differentiation import gradient
from keras import ops

from mm_keras.losses import TokenCrossEntropy

RNG = np.random.default_rng(0)
TAGS = np.array([[2, 0, -1, -1], [1, 1, 3, 0], [-1, 3, -1, 0]])
LOGITS = RNG.normal(size=(3, 4, 4)).astype("float32")


def rows(tags=TAGS, logits=LOGITS):
    loss = TokenCrossEntropy(reduction="none")
    return ops.convert_to_numpy(loss(tags, logits))


def by_hand(tags, logits):
    probabilities = [np.exp(row) / np.exp(row).sum() for row in logits]
    return np.mean(
        [
            -np.log(p[tag])
            for tag, p in zip(tags, probabilities, strict=True)
            if tag >= 0
        ]
    )


def test_values_are_means_over_the_tokens_with_a_class():
    expected = [by_hand(t, p) for t, p in zip(TAGS, LOGITS, strict=True)]
    np.testing.assert_allclose(rows(), expected, rtol=1e-5)


def test_without_padding_is_the_cross_entropy_of_keras():
    tags = np.maximum(TAGS, 0)
    reference = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = float(TokenCrossEntropy()(tags, LOGITS))
    assert found == pytest.approx(float(reference(tags, LOGITS)))


def test_more_padding_changes_nothing():
    tags = np.pad(TAGS, ((0, 0), (0, 3)), constant_values=-1)
    more = RNG.normal(size=(3, 3, 4))
    logits = np.concatenate([LOGITS, more], axis=1).astype("float32")
    np.testing.assert_allclose(rows(tags, logits), rows(), rtol=1e-6)


@pytest.mark.parametrize("absurd", [np.nan, np.inf, -1e9])
def test_what_is_said_of_padding_reaches_nothing(absurd):
    logits = np.where(TAGS[..., None] < 0, absurd, LOGITS).astype("float32")
    np.testing.assert_allclose(rows(logits=logits), rows(), rtol=1e-6)
    found = gradient(lambda p: TokenCrossEntropy()(TAGS, p), logits)
    assert np.all(found[TAGS < 0] == 0) and np.all(np.isfinite(found))


def test_no_token_at_all_costs_nothing():
    np.testing.assert_array_equal(rows(np.full_like(TAGS, -1)), np.zeros(3))


def test_other_lengths_are_explained():
    with pytest.raises(ValueError, match=r"gives, 4. Rec.*\(3, 6\).*max_tok"):
        TokenCrossEntropy()(np.zeros((3, 6)), LOGITS)
