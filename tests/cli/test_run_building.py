"""Encoders and models are made of what was asked for and what the data is."""

import argparse

import keras
import pytest
import tensorflow as tf

from mm_keras import tasks
from mm_keras_cli.part_arguments import parse
from mm_keras_cli.part_arguments import parse_encoder
from mm_keras_cli.runs import building
from mm_keras_cli.runs import encoding

IMAGE = tf.TensorSpec((None, 32, 32, 3), tf.uint8)
TEXT = tf.TensorSpec((None, 6), tf.int32)
TABLE = tf.TensorSpec((None, 4), tf.float32)
INPUTS = {"image": IMAGE, "text": TEXT, "table": TABLE}
TASKS = [tasks.classification("kind", 3)]


@pytest.fixture(scope="module")
def text():
    words = ["a", "b", "c"]
    return keras.layers.TextVectorization(
        vocabulary=words, output_sequence_length=6
    )


def settings(**said):
    names = ("tasks", "encoders", "fusion", "balancing", "optimizer")
    nothing = dict.fromkeys([*names, "learning_rate"])
    given = {"model": "hard_sharing", **said}
    read = {
        name: parse(value) if isinstance(value, str) else value
        for name, value in given.items()
    }
    return argparse.Namespace(**{**nothing, **read})


def shapes(encoders):
    return {name: e.input.shape for name, e in encoders.items()}


def test_every_input_has_a_usual_encoder(text):
    made = encoding.make_encoders([], INPUTS, text)
    names = {name: encoder.name for name, encoder in made.items()}
    assert names == {"image": "resnet18", "text": "lstm", "table": "mlp"}
    expected = {name: spec.shape for name, spec in INPUTS.items()}
    assert shapes(made) == expected


def test_an_encoder_without_an_input_is_that_of_the_only_one():
    asked = [parse_encoder("convnet:4,8:kernel_size=5")]
    made = encoding.make_encoders(asked, {"photo": IMAGE}, None)
    assert made["photo"].output["vector"].shape == (None, 8)
    assert made["photo"].get_layer("stage1_conv").kernel_size == (5, 5)


def test_the_vocabulary_is_that_of_the_texts(text):
    asked = [parse_encoder("text=lstm:units=3,embedding_dim=2")]
    made = encoding.make_encoders(asked, {"text": TEXT, "table": TABLE}, text)
    assert made["text"].get_layer("embedding").input_dim == 5
    assert made["table"].name == "mlp"


@pytest.mark.parametrize(
    "asked", [["convnet"], ["image=convnet", "image=resnet:18"], ["photo=mlp"]]
)
def test_it_has_to_be_clear_whose_encoder_it_is(asked):
    parts = list(map(parse_encoder, asked))
    inputs = {"image": IMAGE, "table": TABLE}
    with pytest.raises(ValueError, match=r"each of \['image', 'table'\].*Rec"):
        encoding.make_encoders(parts, inputs, None)


def test_a_structure_is_made_of_all_parts():
    model = building.build(
        settings(
            fusion="attention:units=3",
            balancing="pcgrad:level=features",
            optimizer="adamw:weight_decay=0.01,global_clipnorm=5",
            learning_rate=0.5,
            encoders=[parse_encoder("a=mlp:4"), parse_encoder("b=mlp:4")],
        ),
        {"a": TABLE, "b": TABLE},
        None,
        [*TASKS, tasks.regression("price")],
    )
    assert model.get_layer("fusion").units == 3
    assert model.balancing.level == "features"
    assert type(model.optimizer) is keras.optimizers.AdamW
    assert model.optimizer.weight_decay == 0.01
    assert float(model.optimizer.learning_rate) == 0.5


def test_a_whole_model_gets_what_the_data_knows():
    known = {"steps": 100, "num_classes": 7}
    name = "zoo.resnet18_classification_localization"
    given = settings(model=name, learning_rate=0.5)
    model = building.build_whole(given, {"image": IMAGE}, None, known)
    assert model.input["image"].shape == IMAGE.shape
    assert model.output["label"].shape == (None, 7)
    assert float(model.optimizer.learning_rate) == 0.5
    given = settings(model=f"{name}:num_classes=3")
    model = building.build_whole(given, {"image": IMAGE}, None, known)
    assert model.output["label"].shape == (None, 3)


def test_the_schedule_of_a_whole_model_is_as_long_as_the_training():
    known = {"steps": 100, "num_classes": None}
    given = settings(model="zoo.digit_scenes")
    model = building.build_whole(given, {"image": IMAGE}, None, known)
    schedule = model.optimizer.get_config()["learning_rate"]["config"]
    assert schedule["warmup_steps"] + schedule["decay_steps"] == 100


def test_optimizers_are_those_of_keras():
    with pytest.raises(ValueError, match="adam, adamax, adamw.*Received: 'x'"):
        building.make_optimizer(settings(optimizer="x"))
    optimizer = building.make_optimizer(settings())
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == pytest.approx(1e-3)
