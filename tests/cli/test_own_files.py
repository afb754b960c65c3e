"""A user's own files on the command line, in every format."""

import json
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

import mm_keras_cli
from mm_keras import tasks
from mm_keras_cli import file_formats
from mm_keras_cli import finding_files
from mm_keras_cli import own_files

XML = """
<annotation>
  <size><width>{width}</width><height>{height}</height></size>
  <object>
    <name>{name}</name>
    <bndbox>
      <xmin>3</xmin><ymin>2</ymin><xmax>8</xmax><ymax>9</ymax>
    </bndbox>
  </object>
</annotation>
"""
HEIGHT, WIDTH = 24, 32


def write_picture(path, seed):
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), "uint8")
    path.write_bytes(tf.io.encode_jpeg(pixels).numpy())


@pytest.fixture
def voc(tmp_path):
    """A folder in the layout of PASCAL VOC, with two splits."""
    folder = tmp_path / "voc"
    lists = folder / "ImageSets" / "Main"
    for part in (folder / "Annotations", lists):
        part.mkdir(parents=True)
    for i in range(6):
        write_picture(folder / "JPEGImages" / f"{i}.jpg", seed=i)
        name = "cat" if i % 2 else "dog"
        (folder / "Annotations" / f"{i}.xml").write_text(
            XML.format(width=WIDTH, height=HEIGHT, name=name)
        )
    (lists / "train.txt").write_text("0\n1\n2\n3\n")
    (lists / "test.txt").write_text("4\n5\n")
    return folder


@pytest.fixture
def coco(tmp_path):
    """Two files in COCO's format, each with a folder of pictures."""
    for split, seeds in (("train", (0, 1)), ("test", (2,))):
        for seed in seeds:
            write_picture(tmp_path / split / f"{seed}.jpg", seed)
        content = {
            "images": [
                {
                    "id": s,
                    "file_name": f"{s}.jpg",
                    "height": HEIGHT,
                    "width": WIDTH,
                }
                for s in seeds
            ],
            "annotations": [
                {
                    "id": s,
                    "image_id": s,
                    "category_id": 1,
                    "bbox": [1, 2, 5, 6],
                    "area": 30,
                    "iscrowd": 0,
                }
                for s in seeds
            ],
            "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        }
        (tmp_path / f"{split}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture
def pets(tmp_path):
    """Folders of classes, in a folder for each split."""
    for seed, name in enumerate(
        ("train/cat/a", "train/dog/b", "train/dog/c", "test/dog/d")
    ):
        write_picture(tmp_path / f"{name}.jpg", seed)
    (tmp_path / "test" / "cat").mkdir()
    return tmp_path


@pytest.fixture
def table(tmp_path):
    """A table of pictures, kinds and ages."""
    for seed in range(3):
        write_picture(tmp_path / "pictures" / f"{seed}.jpg", seed)
    rows = ["image,kind,age", "0.jpg,cat,3", "1.jpg,dog,5", "2.jpg,cat,1.5"]
    (tmp_path / "pets.csv").write_text("\n".join(rows))
    return tmp_path / "pets.csv"


def check(capsys, *arguments):
    code = mm_keras_cli.main(["check-data", *map(str, arguments)])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_folder_of_voc_knows_its_splits_and_classes(voc, capsys):
    source = finding_files.open_files(str(voc))
    assert isinstance(source, file_formats.VocFolder)
    assert source.splits == ("train", "test")
    assert source.suggest("detection", "objects") == {"num_classes": 2}
    code, out, _ = check(capsys, voc)
    assert code == 0
    assert "train: 4 samples, test: 2 samples" in out
    assert "No faults." in out


def test_corrupt_files_are_listed_by_name(voc, capsys):
    broken = voc / "JPEGImages" / "2.jpg"
    broken.write_bytes(broken.read_bytes()[:200])
    (voc / "JPEGImages" / "3.jpg").unlink()
    code, out, err = check(capsys, voc, "--split", "train")
    assert code == 1
    assert "train: 2 samples" in out
    assert re.search(r"\n2 +image +.*2\.jpg", out)
    assert re.search(r"\n3 +image +.*JPEGImages", out)
    assert ["image", "left", "out", "2"] in [
        line.split() for line in out.splitlines()
    ]
    assert not err


def test_a_picture_in_two_splits_is_found_by_name(voc, capsys):
    (voc / "ImageSets" / "Main" / "train.txt").write_text("0\n1\n2\n4\n")
    code, out, _ = check(capsys, voc)
    assert code == 1
    assert "test[0] 4" in out
    assert "is also in another split, as train[3]" in out


def test_splits_may_have_folders_of_voc(voc, capsys):
    voc.rename(voc.parent / "train")
    splits = ("--split", "train")
    code, out, err = check(capsys, voc.parent / "{split}", *splits)
    assert (code, err) == (0, "")
    assert out.startswith("train: 6 samples")


def test_several_splits_of_the_same_files_are_explained(coco, capsys):
    splits = ("--split", "train", "--split", "test")
    code, out, err = check(capsys, coco / "train.json", *splits)
    assert (code, out) == (1, "")
    assert "expects {split} in the path" in err


def test_files_of_coco_have_the_split_in_their_path(coco, capsys):
    code, out, err = check(
        capsys,
        coco / "{split}.json",
        *("--images", coco / "{split}"),
        *("--split", "train", "--split", "test"),
    )
    assert not err
    assert code == 0
    assert "train: 2 samples, test: 1 samples" in out
    source = finding_files.open_files(str(coco / "train.json"))
    assert source.suggest("segmentation", "mask") == {"num_classes": 3}
    assert source.suggest("regression", "counts") == {"units": 2}


def test_objects_of_pictures_that_are_not_there_are_listed(coco, capsys):
    path = coco / "test.json"
    content = json.loads(path.read_text())
    content["annotations"] += [{"image_id": i} for i in range(90, 95)]
    path.write_text(json.dumps(content))
    code, out, err = check(capsys, path, "--images", coco / "test")
    assert code == 1 and not err
    assert "data: 1 samples" in out and "image_id 94" in out


def test_a_file_without_a_sound_picture_is_told_by_name(coco, capsys):
    path = coco / "test.json"
    code, _, err = check(capsys, path, "--images", coco / "nowhere")
    assert code == 1 and "jpg does not exist" in err
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "images": []}))
    code, _, err = check(capsys, path)
    assert code == 1 and "annotations[0] has a picture not in" in err


def test_folders_of_classes(pets, capsys):
    splits = ("--split", "train", "--split", "test")
    code, out, _ = check(capsys, pets / "{split}", *splits)
    assert code == 0
    assert "train: 3 samples, test: 1 samples" in out
    code, out, _ = check(capsys, pets / "train")
    assert code == 0
    assert out.startswith("data: 3 samples")


def test_a_table_needs_a_task(table, capsys):
    images = ("--images", table.parent / "pictures")
    code, _, err = check(capsys, table, *images)
    assert code == 1
    assert "at least one --task, with the name of a column" in err
    kinds = ("--task", "classification:kind", "--task", "regression:age")
    code, out, _ = check(capsys, table, *images, *kinds)
    assert code == 0
    assert "kind  data   3         2 of 2   1: 33.3%  0: 66.7%" in out


def test_splits_with_a_usual_name_are_found(pets, coco):
    source = finding_files.open_files(str(pets))
    assert source.path == f"{pets}/{{split}}"
    assert source.splits == ("train", "test")
    path = str(coco / "{split}.json")
    assert finding_files.open_files(path).splits == ("train", "test")
    (coco / "extra.json").write_text((coco / "test.json").read_text())
    named = finding_files.open_files(path, named=["extra", "nothing"])
    assert named.splits == ("extra", "train", "test")


def test_a_class_may_be_called_like_a_split(pets):
    (pets / "train" / "train").mkdir()
    (pets / "train" / "plane").mkdir()
    source = finding_files.open_files(str(pets / "train"))
    assert source.splits == (None,)
    assert source.classes() == ("cat", "dog", "plane", "train")


def test_splits_of_another_name_are_asked_for(coco):
    for name in ("train", "test"):
        (coco / f"{name}.json").rename(coco / f"{name}ing.json")
    with pytest.raises(ValueError, match="names of splits.*none of train, val"):
        finding_files.open_files(str(coco / "{split}.json"))


def test_a_run_reads_with_the_classes_that_it_knows(voc, table):
    source = finding_files.open_files(str(voc)).of_run({"objects": ("cow",)})
    assert source.classes("labels") == ("cow",)
    assert source.num_classes() == 1
    assert source.max_faults == own_files.MAX_FAULTS
    source = finding_files.open_files(str(table)).of_run({"kind": ("x", "y")})
    assert source.classes("kind") == ("x", "y")
    assert source.num_classes() is None


def test_tasks_of_a_table_know_only_the_classes_of_its_columns(table):
    source = finding_files.open_files(str(table))
    assert source.suggest("classification", "kind") == {"num_classes": 2}
    assert source.suggest("segmentation", "image") == {}
    assert source.suggest("alignment", "match") == {}
    task = tasks.segmentation("image", 2)
    assert source.class_names(task) is None
    task = tasks.classification("species", 2, feature="kind")
    assert source.class_names(task) == ("cat", "dog")


def test_a_share_of_the_files_is_held_out_with_all_classes(voc):
    source = finding_files.open_files(str(voc))
    declared = [tasks.multi_label("labels", 2)]

    def load(**part):
        return source.load(tasks=declared, image_size=(8, 8), **part)

    left, held_out = source.hold_out("train", 0.5, declared, load)
    assert sorted(left["samples"] + held_out["samples"]) == list("0123")
    for part in (left, held_out):
        dataset = load(**part, shuffle=False)
        assert dataset.samples == part["samples"]
        (labels,) = [targets["labels"] for _, targets, _ in dataset]
        assert np.sum(labels, axis=0).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("path", "are"),
    [
        ("digit_scenes", False),
        ("coco/2017", False),
        ("nowhere/data.json", True),
        ("data.csv", True),
        ("pets/{split}", True),
        (str(pathlib.Path(__file__).parent), True),
    ],
)
def test_paths_are_told_from_names_of_data_sets(path, are):
    assert finding_files.are_files(path) == are
