import numpy as np
import pytest

from mm_keras import data


def test_all_words_of_the_scenes_are_known(tfds_dir):
    layer = data.text_vectorization("digit_scenes", data_dir=tfds_dir)
    digits = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
    ]
    words = {"a", "left", "of", "red", "yellow", "green", "blue", "pink"}
    assert set(layer.get_vocabulary()) == {"", "[UNK]", *words, *digits}
    # Four digits: 4 x "a red three" and 3 x "left of".
    assert layer.get_config()["output_sequence_length"] == 4 * 3 + 3 * 2


def test_vocabulary_and_length_can_be_limited(things_dir):
    layer = data.text_vectorization(
        "mm_keras_things",
        vocabulary_size=4,
        length=2,
        modality="title",
        data_dir=things_dir,
    )
    assert layer.get_vocabulary() == ["", "[UNK]", "thing", "a"]
    ids = layer(["a thing altogether"])
    np.testing.assert_array_equal(ids, [[3, 2]])


def test_unknown_modality_is_explained(things_dir):
    with pytest.raises(ValueError, match="title string.*Received.*sound"):
        data.text_vectorization(
            "mm_keras_things", modality="sound", data_dir=things_dir
        )
