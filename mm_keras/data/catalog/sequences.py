"""Views of data sets of sounds and texts."""

import tensorflow as tf

from mm_keras.data.catalog.entry import entry
from mm_keras.data.catalog.entry import Feature

# One second of sound.
SAMPLES = 8000
LOUDEST = 2**15
# Those of all versions; 1.0.9 has five of them.
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
# That of a written form such as "don't", whose words "do" and "n't" follow as
# tokens of their own.
NO_PART_OF_SPEECH = 17


@entry(
    "spoken_digit",
    "2,500 recordings of people who say a digit.",
    inputs={"audio": "8,000 samples of -1 to 1, one second"},
    features={
        "label": Feature("class", "the digit", 10),
        "speaker": Feature("class", "who says it", len(SPEAKERS)),
    },
)
def spoken_digit(example):
    """Cut, or padded with silence, to one second."""
    sound = tf.cast(example["audio"][:SAMPLES], tf.float32) / LOUDEST
    sound = tf.pad(sound, [[0, SAMPLES - tf.shape(sound)[0]]])
    name = example["audio/filename"]  # 7_jackson_32.wav
    speaker = tf.strings.regex_replace(name, r"^\d_([a-z]+)_\d+\.wav$", r"\1")
    known = speaker == tf.constant(SPEAKERS)
    features = {
        "label": example["label"],
        "speaker": tf.where(tf.reduce_any(known), tf.argmax(known), -1),
    }
    return {"audio": tf.ensure_shape(sound, (SAMPLES,))}, features


@entry(
    "imdb_reviews",
    "100,000 reviews of films, half of them unlabelled.",
    inputs={"text": "the review"},
    features={"label": Feature("class", "0 negative, 1 positive", 2)},
)
def imdb_reviews(example):
    text = tf.strings.regex_replace(example["text"], "<br />", " ")
    return {"text": text}, {"label": example["label"]}


@entry(
    "universal_dependencies/en_ewt",
    "Sentences with parts of speech; one configuration a language.",
    inputs={"text": "the tokens, joined by spaces"},
    features={
        "upos": Feature("tags", "the part of speech of each token", 17),
        "length": Feature("number", "how many tokens", 1),
    },
)
def universal_dependencies(example):
    """Each token is one word between spaces, so that each gets one id."""
    single = example["upos"] != NO_PART_OF_SPEECH
    tokens, upos = example["tokens"][single], example["upos"][single]
    tokens = tf.strings.regex_replace(tokens, r"\s", "_")
    text = tf.strings.reduce_join(tokens, separator=" ")
    length = tf.cast(tf.size(upos), tf.float32)[None]
    return {"text": text}, {"upos": upos, "length": length}
