import keras

from mm_keras.data import preparing
from mm_keras.data import reading


def text_vectorization(
    name,
    split="train",
    *,
    vocabulary_size=None,
    length=None,
    modality="text",
    data_dir=None,
    **kwargs,
):
    """Makes a `TextVectorization` layer that knows the words of a data set.

    The same layer serves twice: given to `mm_keras.data.load` as `text`, it
    turns captions into ids for training; put before the model it lets the
    exported one take raw text.

    Args:
        name: Name of the data set.
        split: The split whose words are learned: never that of the test.
        vocabulary_size: Largest number of ids, with those of padding (0) and
            unknown words (1). None keeps all words.
        length: Number of ids per text: longer ones are cut, shorter ones
            padded with 0. None takes that of the longest text.
        modality: Name of the input with the texts.
        data_dir: Folder of the prepared data.
        **kwargs: Further arguments of `keras.layers.TextVectorization`.

    Returns:
        An adapted `keras.layers.TextVectorization`; its length is
        `layer.get_config()["output_sequence_length"]`.

    Raises:
        ValueError: If the data set is not on disk, or has no such text.

    Example:

    >>> text = mm_keras.data.text_vectorization("digit_scenes", length=18)
    >>> text(["a red three"]).shape
    TensorShape([1, 18])
    """
    builder = preparing.find_builder(name, data_dir)
    examples = reading.read_views(builder, name, split)
    reading.check_inputs(examples, [modality], name)
    texts = examples.map(lambda inputs, features: inputs[modality]).batch(256)
    return adapt(
        texts, vocabulary_size=vocabulary_size, length=length, **kwargs
    )


def adapt(texts, *, vocabulary_size=None, length=None, **kwargs):
    """Makes a `TextVectorization` layer that knows the words of texts.

    Args:
        texts: A `tf.data.Dataset` of batches of strings, `(batch,)`.
        vocabulary_size: As in `text_vectorization`.
        length: As in `text_vectorization`.
        **kwargs: Further arguments of `keras.layers.TextVectorization`.
    """
    texts = texts.cache()
    layer = keras.layers.TextVectorization(
        max_tokens=vocabulary_size,
        output_sequence_length=length or _longest(texts, kwargs),
        **kwargs,
    )
    layer.adapt(texts)
    return layer


def check_keeps_tokens(text, tasks):
    """Raises if a text would not get one id for each token that has a tag.

    Args:
        text: A `keras.layers.TextVectorization`, or None.
        tasks: List of `mm_keras.tasks.Task`.

    Raises:
        ValueError: If a task tags tokens, and the layer splits texts anywhere
            but at spaces or removes what it takes for punctuation.
    """
    tagged = [task.name for task in tasks if task.target.kind == "tags"]
    if text is None or not tagged:
        return
    config = text.get_config()
    found = {key: config[key] for key in ("standardize", "split", "ngrams")}
    if (
        found["standardize"] not in (None, "lower")
        or found["split"] != "whitespace"
        or found["ngrams"] is not None
    ):
        raise ValueError(
            f"Tasks {tagged} expect one id for each token, as there is one tag "
            "for each. Received: a TextVectorization with "
            f"{found}. Make it with `standardize='lower'` or `None`, and the "
            "default `split` and `ngrams`."
        )


def _longest(texts, kwargs):
    """Number of ids of the longest text."""
    layer = keras.layers.TextVectorization(vocabulary=["any"], **kwargs)
    return max(int(layer(batch).shape[1]) for batch in texts)
