import keras
import numpy as np
import pytest

from mm_keras import encoders

ENCODERS = {
    "resnet": lambda: encoders.resnet(18, (32, 32, 3), width=8),
    "convnet": lambda: encoders.convnet((32, 32, 3), (4, 8)),
    "mlp": lambda: encoders.mlp((32, 32, 3), (6, 5)),
}


def tokens_alone():
    ids = keras.Input((4,), dtype="int32")
    return keras.Model(ids, keras.layers.Embedding(9, 3)(ids), name="tokens")


@pytest.mark.parametrize("name", ENCODERS)
def test_stages_in_turn_are_the_trunk(name):
    encoder = ENCODERS[name]()
    stages = encoders.stages(encoder)
    last = encoder.get_layer(f"stage{len(stages)}")
    trunk = keras.Model(encoder.input, last.output)
    x = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    result = x
    for stage in stages:
        result = stage(result)
    np.testing.assert_allclose(result, trunk(x), rtol=1e-6)


def test_stages_share_the_weights_of_the_encoder():
    encoder = ENCODERS["convnet"]()
    weights = [w for s in encoders.stages(encoder) for w in s.weights]
    for weight in weights:
        assert any(weight is other for other in encoder.weights)


def test_cutting_twice_gives_the_same():
    encoder = ENCODERS["convnet"]()
    encoders.stages(encoder)
    x = np.ones((1, 32, 32, 3))
    first, second = encoders.stages(encoder)
    trunk = keras.Model(encoder.input, encoder.get_layer("stage2").output)
    np.testing.assert_allclose(second(first(x)), trunk(x), rtol=1e-6)


def test_stages_of_a_copy_are_its_own():
    encoder = ENCODERS["mlp"]()
    twin = encoders.copy(encoder, "twin")
    stage = encoders.stages(twin)[0]
    assert stage.weights[0] is twin.weights[0]
    assert stage.name == "twin_stage1"


def test_the_first_stage_of_an_optional_encoder_has_both_inputs():
    source = encoders.mlp(3, (4, 5))
    encoder = encoders.optional(source)
    first, second = encoders.stages(encoder)
    x, present = np.ones((2, 3)), np.array([1.0, 0.0])
    found = second(first([x, present]))
    trunk = keras.Model(source.input, source.output["vector"])
    np.testing.assert_allclose(found, trunk(x * present[:, None]), rtol=1e-6)


def test_the_stage_of_text_is_what_the_recurrence_gives():
    encoder = encoders.lstm(9, 4, units=3)
    (stage,) = encoders.stages(encoder)
    ids = np.array([[1, 2, 0, 0]])
    np.testing.assert_array_equal(
        stage(ids)[:, :2], encoder(ids)["tokens"][:, :2]
    )


@pytest.mark.parametrize(
    "encoder",
    [
        tokens_alone,
        lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]),
    ],
)
def test_an_encoder_without_stages_is_explained(encoder):
    for cut in (encoders.stages, encoders.neck):
        with pytest.raises(ValueError, match=r"expects.*Received.*Name the"):
            cut(encoder())
