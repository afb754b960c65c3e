"""What a training is told, and the file that repeats it."""

import argparse
import json

import pytest

from mm_keras_cli import part_arguments
from mm_keras_cli import train
from mm_keras_cli.runs import settings

COMMAND = (
    "scenes --task detection:digits:10:max_boxes=4,levels=P3,P4 --task "
    "regression:count --encoder image=resnet:18:width=16 --encoder text=lstm "
    "--input image --input text --model zoo.scenes:steps=3 --image-size 32 64 "
    "--augment rotation=5,shift=0.1 --optimizer adam:clipnorm=1 --epochs 3 "
    "--learning-rate 1e-3 --validation 0.2 --seed 7 --deterministic"
)


def parse(text):
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    return parser.parse_args(text.split())


@pytest.fixture
def config(tmp_path):
    """Writes a `config.json`."""

    def write(arguments):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"arguments": arguments}))
        return path

    return write


def test_what_is_not_said_is_the_default():
    chosen = settings.complete(parse("scenes --output run"))
    assert chosen.epochs == 10
    assert chosen.batch_size == 32
    assert str(chosen.model) == "hard_sharing"
    assert chosen.seed == 0
    assert chosen.tasks is None


def test_the_file_says_what_the_command_said(config):
    chosen = settings.complete(parse(f"{COMMAND} --output run"))
    path = config(settings.to_json(chosen))
    again = settings.complete(parse("--output other"), path)
    for name, value in vars(chosen).items():
        if name not in settings.NOT_KEPT:
            assert getattr(again, name) == value, name
    assert again.output == "other"


def test_the_file_is_like_the_command():
    kept = settings.to_json(settings.complete(parse(f"{COMMAND} --output a")))
    assert kept["data"] == "scenes"
    assert kept["encoder"] == ["image=resnet:18:width=16", "text=lstm"]
    assert kept["image-size"] == [32, 64]
    assert kept["learning-rate"] == 0.001
    assert kept["deterministic"] is True
    assert kept["augment"] == "rotation=5:shift=0.1"
    assert not {"output", "resume", "config", "command", "debug"} & set(kept)
    assert json.loads(json.dumps(kept)) == kept


def test_the_command_goes_before_the_file(config):
    path = config({"data": "scenes", "epochs": 3, "task": ["depth:far"]})
    given = parse("--output b --epochs 5 --task regression:count")
    chosen = settings.complete(given, path)
    assert chosen.epochs == 5
    assert list(map(str, chosen.tasks)) == ["regression:count"]
    assert chosen.data == "scenes"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"data": "a", "epochs": 0}, "argument --epochs: expected a whole"),
        ({"data": "a", "epochz": 3}, "unrecognized arguments: --epochz=3"),
        ({"data": "a", "task": ["boxes"]}, "argument --task: expected KIND"),
        (["a"], "settings of a training.*AttributeError"),
        ({"data": "a", "task": 3}, "settings of a training.*TypeError"),
    ],
)
def test_a_file_that_says_something_else_is_explained(config, arguments, said):
    with pytest.raises(ValueError, match=f"config.json expects .*{said}"):
        settings.complete(parse("--output b"), config(arguments))


def test_a_file_that_is_none_is_explained(tmp_path):
    (tmp_path / "log.csv").write_text("epoch,loss\n")
    for name in ("log.csv", "nowhere.json"):
        with pytest.raises(ValueError, match=f"{name} expects the settings"):
            settings.complete(parse("--output b"), tmp_path / name)


def test_no_data_is_explained():
    with pytest.raises(ValueError, match="Received: none. Write for example"):
        settings.complete(parse("--output run"))


def test_only_the_number_of_epochs_may_change_on_the_way(config):
    path = config({"data": "scenes", "epochs": 3})
    chosen = settings.of_earlier(parse("--resume run --epochs 5"), path)
    assert (chosen.data, chosen.epochs) == ("scenes", 5)
    given = parse("--resume run --seed 1")
    with pytest.raises(ValueError, match=r"Received: \['seed'\]. Begin"):
        settings.of_earlier(given, path)


def test_every_argument_is_one_that_a_file_can_hold():
    chosen = vars(settings.complete(parse(f"{COMMAND} --output run")))
    known = str | int | float | list | None | part_arguments.Part
    assert all(isinstance(value, known) for value in chosen.values())
