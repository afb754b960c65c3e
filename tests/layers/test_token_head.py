import keras
import numpy as np
from keras import ops

from mm_keras import encoders
from mm_keras import layers
from mm_keras import models
from mm_keras import tasks

TOKENS = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
MASK = np.array([[True, True, True, False], [True, False, False, False]])


def test_every_token_is_read_by_the_same_layers():
    head = layers.TokenHead(3, hidden_units=(5,))
    logits = ops.convert_to_numpy(
        head({"tokens": TOKENS, "tokens_mask": np.ones_like(MASK)})
    )
    for i in range(4):
        token = {"tokens": TOKENS[:, i : i + 1], "tokens_mask": MASK[:, :1]}
        alone = ops.convert_to_numpy(head(token))
        np.testing.assert_allclose(logits[:, i], alone[:, 0], rtol=1e-5)


def test_padding_is_known_from_the_outputs_alone():
    head = layers.TokenHead(3)
    logits = head({"tokens": TOKENS, "tokens_mask": MASK})
    tags = ops.convert_to_numpy(layers.TagDecoder()(logits))
    np.testing.assert_array_equal(tags < 0, ~MASK)
    best = np.argmax(ops.convert_to_numpy(logits), axis=-1)
    np.testing.assert_array_equal(tags[MASK], best[MASK])


def test_logits_as_low_as_they_get_are_no_padding():
    logits = np.full((1, 1, 2), -1e6, "float32")
    assert int(layers.TagDecoder()(logits)[0, 0]) == 0


def test_a_rule_per_word_is_learned():
    """The tag of a word is whether its id is even; 0 is padding."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 9, (256, 5))
    ids[:, 3:] *= rng.integers(0, 2, (256, 1))
    tags = np.where(ids == 0, -1, ids % 2)
    task = tasks.tagging("even", 2, max_tokens=5)
    text = encoders.lstm(9, 5, units=8, embedding_dim=8)
    model = models.hard_sharing(
        {"text": text}, [task], optimizer=keras.optimizers.Adam(0.03)
    )
    logs = model.fit(
        {"text": ids}, {"even": tags}, epochs=10, batch_size=32, verbose=0
    ).history
    assert logs["even_accuracy"][0] < logs["even_accuracy"][-1] == 1.0
