import keras
import numpy as np
import pytest

from mm_keras.layers import ContrastiveLoss

to_numpy = keras.ops.convert_to_numpy


def embeddings(batch=4):
    rng = np.random.default_rng(0)
    shape = (batch, 3)
    return {m: rng.normal(size=shape).astype("float32") for m in "ab"}


def paper(a, b, temperature):
    """Figure 3 of the CLIP paper, in NumPy."""
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    logits = a @ b.T / temperature

    def cross_entropy(logits):
        total = np.log(np.sum(np.exp(logits), axis=1))
        return np.mean(total - np.diagonal(logits))

    return (cross_entropy(logits) + cross_entropy(logits.T)) / 2


def loss_of(layer, *arguments):
    layer(*arguments)
    return float(layer.losses[0])


def test_values_are_those_of_the_paper():
    given = embeddings()
    expected = paper(given["a"], given["b"], 0.3)
    assert loss_of(ContrastiveLoss(0.3), given) == pytest.approx(
        expected, rel=1e-5
    )
    assert loss_of(ContrastiveLoss(0.3, weight=2.0), given) == pytest.approx(
        2 * expected, rel=1e-5
    )


def test_dict_and_stack_agree():
    given = embeddings()
    stacked = np.stack([given["a"], given["b"]], axis=1)
    assert loss_of(ContrastiveLoss(), given) == pytest.approx(
        loss_of(ContrastiveLoss(), stacked)
    )


def test_inputs_pass_unchanged():
    given = embeddings()
    outputs = ContrastiveLoss()(given)
    for name in given:
        np.testing.assert_array_equal(to_numpy(outputs[name]), given[name])


def test_absent_rows_equal_a_smaller_batch():
    given = embeddings(4)
    fewer = {name: rows[:3].copy() for name, rows in given.items()}
    given["b"][3] = np.nan
    present = {"b": np.array([1.0, 1.0, 1.0, 0.0])}
    assert loss_of(ContrastiveLoss(), given, present) == pytest.approx(
        loss_of(ContrastiveLoss(), fewer), rel=1e-5
    )


@pytest.mark.parametrize("batch", [1, 3])
def test_degenerate_batches_are_finite(batch):
    zeros = {m: np.zeros((batch, 2), "float32") for m in "ab"}
    assert loss_of(ContrastiveLoss(), zeros) == pytest.approx(np.log(batch))
    nobody = {"a": np.zeros(batch)}
    assert loss_of(ContrastiveLoss(), zeros, nobody) == 0.0


def test_trains_without_labels(tmp_path):
    given = embeddings(16)
    inputs = {m: keras.Input((3,), name=m) for m in given}
    projected = {
        m: keras.layers.Dense(4, name=f"{m}_projection")(x)
        for m, x in inputs.items()
    }
    model = keras.Model(inputs, ContrastiveLoss(name="align")(projected))
    model.compile(keras.optimizers.Adam(0.05), jit_compile=False)
    history = model.fit(given, epochs=20, batch_size=16, verbose=0).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    scale = float(model.get_layer("align").log_scale)
    assert scale != pytest.approx(-np.log(0.07))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        to_numpy(loaded(given)["a"]), to_numpy(model(given)["a"])
    )
    assert float(loaded.get_layer("align").log_scale) == scale


@pytest.mark.parametrize(
    "given",
    [{"a": np.ones((2, 3))}, {"a": np.ones((2, 3)), "b": np.ones((2, 4))}],
)
def test_unequal_embeddings_are_explained(given):
    with pytest.raises(ValueError, match=r"expects.*Received.*Project"):
        ContrastiveLoss()(given)
