import keras
import numpy as np
import pytest

from mm_keras.losses import InfoNCE

to_numpy = keras.ops.convert_to_numpy


def embeddings(batch=5, modalities=2, units=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(batch, modalities, units)).astype("float32")


def paper(ids, embeddings):
    """Cross-entropy against all rows of equal id, one row at a time."""
    batch, modalities, _ = embeddings.shape
    rows = [j for j in range(batch) if ids[j] != -1]
    losses = np.zeros(batch)
    for i in rows:
        terms = []
        for a in range(modalities):
            for b in range(modalities):
                if a == b:
                    continue
                logits = {j: embeddings[i, a] @ embeddings[j, b] for j in rows}
                total = np.log(sum(np.exp(x) for x in logits.values()))
                right = [logits[j] for j in rows if ids[j] == ids[i]]
                terms.append(total - np.mean(right))
        losses[i] = np.mean(terms)
    return losses


@pytest.mark.parametrize("modalities", [2, 3])
@pytest.mark.parametrize(
    "ids", [[0, 1, 2, 3, 4], [7, 7, 1, 1, 7], [3, -1, 3, 5, -1]]
)
def test_values(ids, modalities):
    z = embeddings(modalities=modalities)
    actual = to_numpy(InfoNCE().call(np.array(ids, "float32"), z))
    assert actual.shape == (5,)
    np.testing.assert_allclose(actual, paper(ids, z), rtol=1e-4, atol=1e-6)


def test_value_of_two_orthogonal_pairs():
    # Each row has logits 4 (its partner) and 0.
    z = np.array([[[2.0, 0.0]] * 2, [[0.0, 2.0]] * 2])
    expected = np.log(1 + np.exp(-4))
    assert float(InfoNCE()(np.array([0, 1]), z)) == pytest.approx(
        expected, rel=1e-4
    )


def test_permuting_the_batch_permutes_the_values():
    z, ids = embeddings(), np.array([2.0, 0.0, 2.0, 1.0, -1.0])
    order = np.array([3, 0, 4, 1, 2])
    before = to_numpy(InfoNCE().call(ids, z))
    after = to_numpy(InfoNCE().call(ids[order], z[order]))
    np.testing.assert_allclose(after, before[order], rtol=1e-5, atol=1e-7)


def test_swapping_the_modalities_changes_nothing():
    z, ids = embeddings(), np.arange(5.0)
    np.testing.assert_allclose(
        to_numpy(InfoNCE().call(ids, z[:, ::-1])),
        to_numpy(InfoNCE().call(ids, z)),
        rtol=1e-5,
    )


@pytest.mark.parametrize("how", ["id", "weight"])
def test_an_unpaired_row_equals_a_smaller_batch(how):
    z = embeddings()
    ids = np.array([0, 1, 2, 3, -1 if how == "id" else 4])
    weight = np.array([1.0, 1, 1, 1, 0])
    expected = float(InfoNCE()(ids[:4], z[:4]))
    z[4] = np.nan
    assert float(InfoNCE()(ids, z, weight)) == pytest.approx(expected, rel=1e-5)


def test_an_unpaired_row_of_weight_one_is_zero_and_no_negative():
    z = embeddings()
    z[4] = np.nan
    ids = np.array([0.0, 1, 2, 3, -1])
    values = to_numpy(InfoNCE().call(ids, z))
    assert values[4] == 0
    np.testing.assert_allclose(
        values[:4], to_numpy(InfoNCE().call(ids[:4], z[:4])), rtol=1e-5
    )


def test_degenerate_batches_are_finite():
    loss = InfoNCE()
    assert float(loss(np.array([3]), embeddings(1))) == 0.0
    assert float(loss(np.full(4, -1), embeddings(4))) == 0.0
    zeros = np.zeros((4, 2, 3), "float32")
    assert float(loss(np.arange(4), zeros)) == pytest.approx(np.log(4))
    assert float(loss(np.zeros(4), zeros)) == pytest.approx(np.log(4))
    same = float(loss(np.zeros(4), embeddings(4)))
    assert np.log(4) <= same < np.inf


def test_large_logits_are_finite():
    assert np.isfinite(float(InfoNCE()(np.arange(5), 1e3 * embeddings())))


def test_ids_may_have_a_second_axis():
    z = embeddings()
    assert float(InfoNCE()(np.arange(5)[:, None], z)) == pytest.approx(
        float(InfoNCE()(np.arange(5), z))
    )


def test_half_precision_embeddings_are_compared_in_float32():
    z = keras.ops.cast(embeddings(), "bfloat16")
    value = InfoNCE()(np.arange(5), z)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"


def test_config_round_trips():
    config = keras.losses.serialize(InfoNCE(name="match"))
    assert keras.losses.deserialize(config).name == "match"


@pytest.mark.parametrize("shape", [(4, 3), (4, 1, 3)])
def test_wrong_shape_is_explained(shape):
    with pytest.raises(ValueError, match=r"at least 2.*Received.*Join"):
        InfoNCE()(np.arange(4), np.ones(shape))
