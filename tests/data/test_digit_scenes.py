import hashlib
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from mm_keras import data
from mm_keras.data import scenes


@pytest.fixture
def small(monkeypatch):
    """Few scenes, so that building takes a second."""
    counts = {"train": 6, "validation": 2, "test": 3}
    monkeypatch.setattr(scenes, "SPLITS", counts)


def file_hashes(folder):
    files = [p for p in pathlib.Path(folder).rglob("*") if p.is_file()]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_splits_have_the_promised_sizes(tfds_dir):
    data.register()
    info = tfds.builder("digit_scenes", data_dir=tfds_dir).info
    sizes = {name: split.num_examples for name, split in info.splits.items()}
    assert sizes == {"train": 4000, "validation": 500, "test": 1000}
    assert str(info.version) == "1.0.0"


def test_tfds_load_gives_back_what_was_composed(tfds_dir):
    data.register()
    dataset = tfds.load("digit_scenes", split="test", data_dir=tfds_dir)
    expected = {
        scene["image"].tobytes(): scene
        for scene in (scenes.compose("test", i) for i in range(1000))
    }
    for example in dataset.take(20).as_numpy_iterator():
        scene = expected[example["image"].tobytes()]
        for name in ("mask", "order", "present", "count", "sum"):
            np.testing.assert_array_equal(example[name], scene[name])
        assert example["caption"].decode() == scene["caption"]
        for column, name in [
            ("bbox", "box"),
            ("label", "label"),
            ("color", "color"),
        ]:
            np.testing.assert_array_equal(
                example["digits"][column],
                [digit[name] for digit in scene["digits"]],
            )


def test_building_twice_gives_the_same_bytes(small, tmp_path):
    for folder in ("a", "b"):
        data.prepare("digit_scenes", data_dir=str(tmp_path / folder))
    assert len(file_hashes(tmp_path / "a")) >= 5
    assert file_hashes(tmp_path / "a") == file_hashes(tmp_path / "b")


def test_fields_are_written_in_the_order_of_their_names(small, tmp_path):
    """Protobuf would order them anew in every process."""
    import tensorflow as tf

    data.prepare("digit_scenes", data_dir=str(tmp_path))
    (path,) = tmp_path.rglob("*-train.tfrecord*")
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        example = tf.train.Example.FromString(record)
        assert record == example.SerializeToString(deterministic=True)


def test_building_says_so_once(small, tmp_path, capsys):
    data.prepare("digit_scenes", data_dir=str(tmp_path))
    out = capsys.readouterr()
    assert out.out == f"Building digit_scenes/1.0.0 in {tmp_path} (once) ...\n"
    data.prepare("digit_scenes", data_dir=str(tmp_path))
    assert capsys.readouterr().out == ""


def test_building_leaves_nothing_else_behind(small, tmp_path):
    data.prepare("digit_scenes", data_dir=str(tmp_path))
    assert [p.name for p in tmp_path.iterdir()] == ["digit_scenes"]
    assert [p.name for p in (tmp_path / "digit_scenes").iterdir()] == ["1.0.0"]


def test_processes_that_build_at_once_do_not_harm_each_other(tmp_path):
    code = (
        "import random; random.seed(0)\n"
        "from mm_keras import data\n"
        "from mm_keras.data import scenes\n"
        "scenes.SPLITS = {'train': 300, 'validation': 2, 'test': 3}\n"
        f"data.prepare('digit_scenes', data_dir={str(tmp_path)!r})\n"
        "dataset = data.load('digit_scenes', 'train', "
        f"data_dir={str(tmp_path)!r})\n"
        "print(sum(len(batch['image']) for batch in dataset))\n"
    )
    root = pathlib.Path(data.__file__).parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        out, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        assert out.splitlines()[-1] == "300"
    assert [p.name for p in tmp_path.iterdir()] == ["digit_scenes"]


def test_whoever_comes_second_keeps_what_the_first_built(
    small, tmp_path, monkeypatch
):
    from mm_keras.data import preparing

    data.prepare("digit_scenes", data_dir=str(tmp_path))
    before = file_hashes(tmp_path)
    builder = preparing.find_builder("digit_scenes", str(tmp_path))
    preparing._build(builder, "digit_scenes")
    assert file_hashes(tmp_path) == before


def test_importing_data_loads_neither_tfds_nor_the_builder():
    code = (
        "import sys; from mm_keras import data\n"
        "assert 'tensorflow_datasets' not in sys.modules\n"
        "assert 'mm_keras.data.digit_scenes' not in sys.modules\n"
    )
    root = pathlib.Path(data.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
