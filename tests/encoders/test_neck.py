import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import encoders

PICTURES = np.random.default_rng(0).uniform(0, 255, (3, 16, 16, 3))
IDS = np.array([[1, 2, 3, 4], [0, 5, 0, 0], [0, 0, 0, 0]])
PRESENT = np.array([1.0, 0.0, 1.0])

# The encoder and its inputs.
ENCODERS = {
    "mlp": lambda: (encoders.mlp((16, 16, 3), (6, 5)), [PICTURES]),
    "convnet": lambda: (encoders.convnet((16, 16, 3), (4, 6)), [PICTURES]),
    "resnet": lambda: (
        encoders.resnet((1, 1, 1), (16, 16, 3), width=4, stem_stride=2),
        [PICTURES],
    ),
    "lstm": lambda: (encoders.lstm(9, 4, units=5), [IDS]),
    "optional pictures": lambda: (
        encoders.optional(encoders.convnet((16, 16, 3), (4, 6))),
        [PICTURES, PRESENT],
    ),
    "optional text": lambda: (
        encoders.copy(encoders.optional(encoders.lstm(9, 4, units=5)), "twin"),
        [IDS, PRESENT],
    ),
}


def tensors_of(encoder, batch):
    """The inputs of an encoder and the outputs of its stages, by name."""
    given = [ops.convert_to_tensor(x) for x in batch]
    tensors = {t.name: x for t, x in zip(encoder.inputs, given, strict=True)}
    result = given[0] if len(given) == 1 else given
    for i, stage in enumerate(encoders.stages(encoder), start=1):
        tensors[f"stage{i}"] = result = stage(result)
    return tensors


def called(model, tensors):
    return model({name: tensors[name] for name in model.input})


@pytest.mark.parametrize("name", ENCODERS)
def test_stages_and_neck_are_the_whole_encoder(name):
    encoder, batch = ENCODERS[name]()
    tensors = tensors_of(encoder, batch)
    expected = encoder(batch[0] if len(batch) == 1 else batch)
    found = called(encoders.neck(encoder), tensors)
    assert found.keys() == expected.keys()
    keras.tree.map_structure(np.testing.assert_array_equal, found, expected)


def test_a_neck_reads_what_its_views_need_and_no_more():
    needs = {
        (name, view): set(encoders.neck(ENCODERS[name]()[0], [view]).input)
        for name, view in [
            ("mlp", "vector"),
            ("resnet", "vector"),
            ("resnet", "pyramid"),
            ("lstm", "vector"),
            ("lstm", "tokens"),
            ("optional text", "vector"),
        ]
    }
    assert needs == {
        ("mlp", "vector"): {"stage2"},
        ("resnet", "vector"): {"stage3"},
        ("resnet", "pyramid"): {"stage1", "stage2", "stage3"},
        ("lstm", "vector"): {"stage1"},
        ("lstm", "tokens"): {"ids", "stage1"},
        ("optional text", "vector"): {"stage1", "present"},
    }


def test_weights_are_those_of_the_encoder_in_two_parts():
    encoder, _ = ENCODERS["resnet"]()
    parts = [*encoders.stages(encoder), encoders.neck(encoder)]
    found = [id(w) for part in parts for w in part.weights]
    assert len(found) == len(set(found))
    assert set(found) == {id(w) for w in encoder.weights}


@pytest.mark.parametrize("name", ["mlp", "convnet", "optional text"])
def test_saves_and_loads(name, tmp_path):
    encoder, batch = ENCODERS[name]()
    part = encoders.neck(encoder)
    part.save(tmp_path / "neck.keras")
    loaded = keras.models.load_model(tmp_path / "neck.keras")
    tensors = tensors_of(encoder, batch)
    keras.tree.map_structure(
        np.testing.assert_array_equal,
        called(loaded, tensors),
        called(part, tensors),
    )


def test_cutting_leaves_the_encoder_whole(tmp_path):
    encoder, batch = ENCODERS["lstm"]()
    (stage,), part = encoders.stages(encoder), encoders.neck(encoder)
    for model in (stage, part, encoder):
        model.save(tmp_path / "part.keras")
        keras.models.load_model(tmp_path / "part.keras")
    twin = encoders.copy(encoder, "twin")
    keras.tree.map_structure(
        np.testing.assert_array_equal, twin(batch[0]), encoder(batch[0])
    )


def test_an_unknown_view_is_explained():
    with pytest.raises(ValueError, match=r"has the views.*Received.*Ask"):
        encoders.neck(encoders.mlp(3), ["tokens"])
