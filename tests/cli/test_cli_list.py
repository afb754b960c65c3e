"""`mm-keras list` shows what there is."""

import mm_keras
import mm_keras_cli
from mm_keras import zoo
from mm_keras_cli import list as listing


def test_everything_public_is_shown_with_its_first_sentence(capsys):
    assert mm_keras_cli.main(["list"]) == 0
    # Of two with one name, a model and its data, the first is the model.
    lines = capsys.readouterr().out.splitlines()[::-1]
    shown = {line.split()[0]: line for line in lines if line.startswith("  ")}
    for module in (mm_keras.models, zoo, mm_keras.encoders):
        for name in set(module.__all__) - set(listing.HELPERS):
            sentence = listing.summary(getattr(module, name))
            assert shown[name].endswith(sentence)
    assert "detection" in shown
    assert "attention" in shown
    assert "pcgrad" in shown
    assert shown["cifar10"].endswith("60,000 small photographs of 10 things.")


def test_names_are_those_that_can_be_passed():
    parts = listing.sections()
    for heading, get in {
        "Fusion of modalities: fusion='...'": mm_keras.layers.fusion,
        "Balancing of tasks: balancing='...'": mm_keras.balancing.get,
    }.items():
        for name, part in parts[heading].items():
            assert isinstance(get(name), part)


def test_what_makes_no_part_of_a_model_is_left_out():
    for module in (mm_keras.tasks, mm_keras.encoders):
        listed = listing.functions(module)
        assert not {"Task", *listing.HELPERS} & listed.keys()


def test_process_writes_nothing_else(mm_keras):
    done = mm_keras("list")
    assert done.returncode == 0
    assert not done.stderr
    assert "hard_sharing" in done.stdout
