import numpy as np
import own_files
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import tasks

HEADER = ["image", "age", "weight", "kind", "traits", "note"]
ROWS = [
    ["p/a.jpg", "4", "8.5", "dog", "tame;old", "on a chair"],
    ["p/b.jpg", "-1.5", "2", "cat", ";", "in the garden"],
    ["p/c.jpg", "NaN", "3", "-1", "-1", "a dog, asleep"],
]


def label_tasks():
    return [
        tasks.classification("kind", 2),
        tasks.multi_label("traits", 2),
        tasks.regression("age"),
    ]


@pytest.fixture
def table(tmp_path):
    for value, name in enumerate("abc"):
        own_files.write_picture(tmp_path / "p" / f"{name}.jpg", 50 + value)
    return own_files.write_csv(tmp_path / "pets.csv", HEADER, *ROWS)


def load(table, tasks=None, **options):
    tasks = label_tasks() if tasks is None else tasks
    options = {"image_size": (40, 80), **options}
    return data.from_csv(table, tasks=tasks, **options)


def test_a_table_becomes_batches(table):
    inputs, targets, weights = next(iter(load(table)))
    np.testing.assert_array_equal(inputs["image"][:, 0, 0, 0], [50, 51, 52])
    np.testing.assert_array_equal(targets["kind"][:2], [1, 0])
    np.testing.assert_array_equal(targets["traits"][:2], [[1, 1], [0, 0]])
    np.testing.assert_array_equal(targets["age"][:2], [[4], [-1.5]])
    for task in label_tasks():
        np.testing.assert_array_equal(weights[task.name], [1, 1, 0])


def test_names_can_be_read_afterwards(table):
    dataset = load(table)
    assert dataset.class_names == {
        "kind": ("cat", "dog"),
        "traits": ("old", "tame"),
    }
    assert data.class_names(table, "kind") == ("cat", "dog")
    assert dataset.samples == ["pets.csv:2", "pets.csv:3", "pets.csv:4"]


def test_columns_hold_what_most_of_their_cells_look_like(table):
    inputs, _, _ = next(iter(load(table, inputs=("weight", "note", "image"))))
    assert inputs["image"].dtype == tf.uint8
    np.testing.assert_array_equal(inputs["weight"], [[8.5], [2], [3]])
    assert inputs["note"][2] == b"a dog, asleep"


def test_columns_of_numbers_become_one_vector(table):
    inputs, _, _ = next(
        iter(load(table, [], inputs={"table": ["weight", "weight"]}))
    )
    np.testing.assert_array_equal(inputs["table"], [[8.5, 8.5], [2, 2], [3, 3]])


def test_a_modality_may_be_called_otherwise_than_its_column(table):
    inputs, _, _ = next(iter(load(table, inputs={"photo": "image"})))
    assert inputs["photo"].shape == (3, 40, 80, 3)


def test_classes_may_be_ids(tmp_path):
    table = own_files.write_csv(
        tmp_path / "x.csv", ["x", "kind", "tags"], [1, 2, "0;2"], [5, -1, "1"]
    )
    dataset = load(
        table,
        [tasks.classification("kind", 4), tasks.multi_label("tags", 3)],
        inputs=("x",),
    )
    _, targets, weights = next(iter(dataset))
    assert targets["kind"][0] == 2
    np.testing.assert_array_equal(weights["kind"], [1, 0])
    np.testing.assert_array_equal(targets["tags"], [[1, 0, 1], [0, 1, 0]])


def test_ids_follow_the_given_classes(table):
    _, targets, _ = next(iter(load(table, classes={"kind": ["dog", "cat"]})))
    np.testing.assert_array_equal(targets["kind"][:2], [0, 1])


def test_several_numbers_stand_in_one_cell(tmp_path):
    table = own_files.write_csv(
        tmp_path / "x.csv", ["x", "place"], [1, "0.5; 2"], [5, "3;-4e1"]
    )
    dataset = load(table, [tasks.regression("place", 2)], inputs=("x",))
    _, targets, _ = next(iter(dataset))
    np.testing.assert_array_equal(targets["place"], [[0.5, 2], [3, -40]])


def test_a_box_stands_in_one_cell(tmp_path):
    table = own_files.write_csv(
        tmp_path / "x.csv",
        ["x", "b"],
        [1, "0;0.25;1;0.5"],
        [2, "NaN;NaN;NaN;NaN"],
    )
    task = tasks.localization("b")
    _, targets, weights = next(iter(load(table, [task], inputs=("x",))))
    np.testing.assert_array_equal(targets["b"][0], [0, 0.25, 1, 0.5])
    np.testing.assert_array_equal(weights["b"], [1, 0])


@pytest.mark.parametrize(
    "box", ["0;0;1", "0;0;1;1.5", "0.5;0;0.5;1", "a;0;1;1"]
)
def test_what_is_no_box_is_named(tmp_path, box):
    table = own_files.write_csv(tmp_path / "x.csv", ["x", "b"], [1, box])
    with pytest.raises(ValueError, match=f"x.csv:2  b      '{box}' is no"):
        load(table, [tasks.localization("b")], inputs=("x",))


def test_equal_texts_belong_together(tmp_path):
    table = own_files.write_csv(
        tmp_path / "x.csv",
        ["x", "text", "group"],
        [1, "a cat", "u"],
        [2, "a dog", "u"],
        [3, "a cat", "v"],
    )
    by_text = tasks.alignment("pairs", ("x", "text"))
    by_group = tasks.alignment("groups", ("x", "text"), feature="group")
    dataset = load(table, [by_text, by_group], inputs=("x", "text"))
    _, targets, _ = next(iter(dataset))
    first, second, third = targets["pairs"].numpy()
    assert first == third != second
    first, second, third = targets["groups"].numpy()
    assert first == second != third


def test_a_column_that_is_read_in_two_ways_is_explained(table):
    with pytest.raises(ValueError, match="'age' expects one kind of target"):
        load(
            table,
            [
                tasks.regression("age"),
                tasks.classification("young", 2, feature="age"),
            ],
        )


def masked(tmp_path, ids, **options):
    own_files.write_picture(tmp_path / "a.jpg", size=(2, 3))
    own_files.write_mask(tmp_path / "a.png", ids)
    table = own_files.write_csv(
        tmp_path / "x.csv", ["image", "mask"], ["a.jpg", "a.png"]
    )
    return load(
        table, [tasks.segmentation("mask", 3, **options)], image_size=(2, 3)
    )


def test_masks_are_files(tmp_path):
    ids = [[0, 1, 2], [2, 2, 0]]
    _, targets, _ = next(iter(masked(tmp_path, ids)))
    np.testing.assert_array_equal(targets["mask"][0, ..., 0], ids)


def test_ignored_pixels_of_a_mask_are_no_fault(tmp_path):
    ids = [[0, 1, 2], [255, 2, 0]]
    dataset = masked(tmp_path, ids, ignore_class=255)
    assert dataset.faults == []


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        ([[0, 3, 7], [0, 0, 0]], r"a.png holds the unknown class ids \[3, 7\]"),
        ([[0, 1], [0, 1]], "2 x 2 pixels .* 'image' has 2 x 3"),
        (np.zeros((2, 3, 3)), "has 3 channels; a mask"),
    ],
)
def test_a_mask_that_cannot_be_a_label_is_named(tmp_path, ids, problem):
    with pytest.raises(ValueError, match=f"x.csv:2  mask   .*{problem}"):
        masked(tmp_path, ids)


FAULTY = {
    "age": ("old", "'old' is not 1 number"),
    "kind": ("cow", r"'cow' is none of the classes \['cat', 'dog'\]"),
    "traits": ("", "column 'traits' is empty"),
}


@pytest.mark.parametrize("column", FAULTY)
def test_a_faulty_label_is_named_and_its_row_is_unlabelled(table, column):
    cell, problem = FAULTY[column]
    rows = [list(row) for row in ROWS]
    rows[0][HEADER.index(column)] = cell
    own_files.write_csv(table, HEADER, *rows)
    classes = {"kind": ["cat", "dog"], "traits": ["old", "tame"]}
    with pytest.raises(ValueError, match=f"pets.csv:2  {column} .*{problem}"):
        load(table, classes=classes)
    with pytest.warns(UserWarning, match=problem):
        dataset = load(table, classes=classes, on_fault="skip", max_faults=1)
    _, _, weights = next(iter(dataset))
    for task in label_tasks():
        expected = [task.name != column, 1, 0]
        np.testing.assert_array_equal(weights[task.name], expected)


@pytest.mark.parametrize(
    ("row", "field", "problem"),
    [
        (["", "1", "1", "cat", ";", "x"], "image", "column 'image' is empty"),
        (["p/z.jpg", "1", "1", "cat", ";", "x"], "image", "z.jpg does not exi"),
        (["p/a.jpg", "1", "heavy", "cat", ";", "x"], "weight", "'heavy' is"),
        (["p/a.jpg", "1", "inf", "cat", ";", "x"], "weight", "'inf' is not fi"),
        (["p/a.jpg", "1"], "row", "has 2 cells, the header 6"),
        (ROWS[0], "row", "is the same as pets.csv:2"),
    ],
)
def test_a_faulty_row_is_named_and_left_out(table, row, field, problem):
    own_files.write_csv(table, HEADER, *ROWS, row)
    with pytest.warns(UserWarning, match=f"pets.csv:5  {field} .*{problem}"):
        dataset = load(
            table, inputs=("image", "weight"), on_fault="skip", max_faults=1
        )
    assert dataset.samples == ["pets.csv:2", "pets.csv:3", "pets.csv:4"]


def test_rows_of_numbers_and_texts_may_be_equal(tmp_path):
    rows = [["5.1", "small", "0"]] * 3
    path = own_files.write_csv(tmp_path / "x.csv", ["x", "text", "kind"], *rows)
    kind = tasks.classification("kind", 2)
    dataset = load(path, [kind], inputs=("x", "text"))
    assert dataset.samples == ["x.csv:2", "x.csv:3", "x.csv:4"]
    assert dataset.faults == []


def test_a_column_that_is_missing_is_explained(table):
    with pytest.raises(ValueError, match=r"\['pose'\].*pets.csv.*'image'"):
        load(table, [tasks.regression("pose")])


def test_a_task_that_no_cell_can_hold_is_explained(table):
    with pytest.raises(ValueError, match="kind 'boxes' of task 'note'.*from_c"):
        load(table, [tasks.detection("note", 2)])


def test_another_number_of_classes_is_explained(table):
    with pytest.raises(ValueError, match="'kind' expects num_classes=2.*'dog'"):
        load(table, [tasks.classification("kind", 3)])
