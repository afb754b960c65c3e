import keras
import numpy as np

from mm_keras import encoders


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def paper(ids, embedding, kernel, recurrent, bias):
    """The recurrence, token by token; padding is skipped."""
    units = recurrent.shape[0]
    state, cell = np.zeros(units), np.zeros(units)
    for token in ids[ids != 0]:
        gates = embedding[token] @ kernel + state @ recurrent + bias
        i, f, c, o = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(cell)
    return state


def test_vector_is_the_state_after_the_last_token():
    encoder = encoders.lstm(10, 5, units=4, embedding_dim=3)
    ids = np.array([[1, 2, 3, 0, 0], [4, 9, 8, 7, 6], [0, 1, 0, 2, 3]])
    expected = [paper(row, *encoder.get_weights()) for row in ids]
    views = encoder(ids)
    np.testing.assert_allclose(views["vector"], expected, atol=1e-6)
    np.testing.assert_array_equal(views["tokens_mask"], ids != 0)
    np.testing.assert_allclose(views["tokens"][0, 2], expected[0], atol=1e-6)
    assert np.all(np.asarray(views["tokens"])[ids == 0] == 0)


def test_padding_changes_nothing():
    encoder = encoders.lstm(10, None, units=4)
    short = encoder(np.array([[3, 4]]))["vector"]
    for ids in ([[3, 4, 0, 0]], [[0, 3, 4]]):
        np.testing.assert_allclose(
            encoder(np.array(ids))["vector"], short, atol=1e-6
        )


def test_empty_text_is_a_vector_of_zeros():
    views = encoders.lstm(10, 5, units=4)(np.zeros((2, 5), "int32"))
    np.testing.assert_array_equal(views["vector"], np.zeros((2, 4)))
    assert not np.any(views["tokens_mask"])


def test_views_carry_no_implicit_mask_to_other_layers():
    # With warnings as errors, a layer without masking would raise.
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    views = encoders.lstm(10, 5, units=4).output
    for view in views.values():
        assert getattr(view, "_keras_mask", None) is None
    Twice()(views["tokens"])
    Twice()(views["vector"])


def test_saves_and_loads(tmp_path):
    encoder = encoders.lstm(10, 5, units=4)
    encoder.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    ids = np.array([[1, 2, 0, 0, 0]])
    for view, value in encoder(ids).items():
        np.testing.assert_array_equal(loaded(ids)[view], value)
