"""Parts of a model on the command line, and the calls they become."""

import argparse
import re

import pytest

from mm_keras_cli import part_arguments
from mm_keras_cli.part_arguments import call
from mm_keras_cli.part_arguments import parse
from mm_keras_cli.part_arguments import parse_encoder
from mm_keras_cli.part_arguments import parse_options
from mm_keras_cli.part_arguments import Part


def trunk(depth, input_shape, *, width=64, levels=("P5",), weights=None):
    """Gives back what it was called with."""
    return depth, input_shape, width, levels, weights


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("lstm", Part("lstm")),
        ("zoo.digit_scenes", Part("zoo.digit_scenes")),
        ("resnet:18", Part("resnet", "18")),
        ("resnet:1,2", Part("resnet", "1,2")),
        ("lstm:units=8", Part("lstm", None, {"units": "8"})),
        (
            "resnet:18:width=16,levels=P3,P4",
            Part("resnet", "18", {"width": "16", "levels": "P3,P4"}),
        ),
    ],
)
def test_a_part_is_a_name_a_value_and_options(text, part):
    assert parse(text) == part
    assert parse(str(part)) == part
    assert parse_encoder(f"image={text}").modality == "image"
    assert parse_encoder(str(parse_encoder(f"image={text}"))).name == part.name


def test_options_alone_are_read_and_written():
    part = parse_options("rotation=10,shear=5")
    assert part.options == {"rotation": "10", "shear": "5"}
    assert parse_options(str(part)) == part


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (parse, "", "a name, received ''"),
        (parse, "my net", "a name, received 'my net'"),
        (parse, "image=resnet", "a name, received 'image=resnet'"),
        (parse, "resnet:18:34", "one value, and options with =, received"),
        (parse, "resnet:", "one value, and options with =, received"),
        (parse, "resnet:18:width=", "OPTION=VALUE, received 'width='"),
        (parse_encoder, "1=resnet", "name of an input before =, received '1'"),
        (parse_encoder, "=resnet", "name of an input before =, received ''"),
        (parse_options, "rotation", "OPTION=VALUE, received 'rotation'"),
    ],
)
def test_text_of_another_form_is_explained(read, text, said):
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(said)):
        read(text)


def test_the_bare_value_is_the_first_argument_that_is_not_known():
    part = parse("trunk:18:width=8,levels=P3")
    assert call(trunk, part, "--encoder", {"input_shape": (4, 4)}) == (
        *(18, (4, 4), 8),
        *(("P3",), None),
    )


def test_what_is_known_and_not_taken_is_left_out():
    known = {"input_shape": (4,), "length": 7}
    assert call(trunk, parse("trunk:9"), "--encoder", known)[:2] == (9, (4,))


def test_anything_known_is_given_to_who_takes_anything():
    def layer(units=1, **others):
        return others

    assert call(layer, parse("layer"), "--x", {"name": "a"}) == {"name": "a"}
    assert call(layer, parse("layer:units=2,depth=3"), "--x") == {"depth": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trunk:1:witdh=8", "options among depth, width, levels, weights"),
        ("trunk:1:input_shape=8", "Received: depth, input_shape"),
        ("trunk", r"with \['depth'\]. Received: none"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(text, said):
    known = {"input_shape": (4, 4)}
    with pytest.raises(ValueError, match=f"--encoder {text} expects.*{said}"):
        call(trunk, parse(text), "--encoder", known)


def test_values_of_a_wrong_kind_are_explained():
    with pytest.raises(ValueError, match="kinds. Received: .*'a'.*It said"):
        call(lambda units: units + 1, parse("mlp:units=a"), "--encoder")


def test_an_unknown_name_is_explained():
    with pytest.raises(ValueError, match="--model expects one of a, b.*'c'"):
        part_arguments.find({"b": 1, "a": 2}, Part("c"), "--model")
