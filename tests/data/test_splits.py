import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from sklearn import model_selection

from mm_keras import data
from mm_keras import tasks
from mm_keras.data.class_presence import class_presence
from mm_keras.data.stratification import count_rows
from mm_keras.data.stratification import number_units
from mm_keras.data.stratification import stratify

KIND = tasks.classification("kind", 4)
TAGS = tasks.multi_label("tags", 8)
THINGS = tasks.detection("things", 5)
TASKS = [KIND, TAGS, THINGS]
SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def skewed(rows, seed=0):
    """Labels of three tasks: rare classes, and a third of each unlabelled."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(4, rows, p=[0.7, 0.2, 0.08, 0.02])
    kind[rng.random(rows) < 1 / 3] = -1
    chances = [0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.02]
    tags = (rng.random((rows, 8)) < chances).astype("float32")
    tags[rng.random(rows) < 1 / 3] = np.nan
    things = []
    for _ in range(rows):
        ids = rng.choice(5, rng.integers(0, 4), p=[0.5, 0.3, 0.15, 0.03, 0.02])
        box = np.full((len(ids), 4), [0.1, 0.1, 0.5, 0.5])
        things.append(np.column_stack([box, ids]))
    return {"kind": kind, "tags": tags, "things": things}


def rows_off(targets, rows, shares):
    """By how many rows a split misses what it should have of any class."""
    worst = 0.0
    for task in TASKS:
        labelled, present = class_presence(task, targets[task.name])
        for counted in (labelled[:, None], present):
            for name, share in shares.items():
                due = share * counted.sum(axis=0)
                got = counted[rows[name]].sum(axis=0)
                worst = max(worst, np.abs(got - due).max())
    return worst


def at_random(count, shares, seed):
    order = np.random.default_rng(seed).permutation(count)
    ends = np.round(np.cumsum(list(shares.values())) * count).astype(int)
    parts = np.split(order, ends[:-1])
    return dict(zip(shares, parts, strict=True))


def is_partition(parts, count):
    return np.array_equal(np.sort(np.concatenate(parts)), np.arange(count))


class TestSplit:
    def test_a_rare_class_lands_in_each_split_in_its_share(self):
        digits = np.repeat([0, 1], [990, 10])
        task = tasks.classification("digit", 2)
        for seed in range(5):
            rows = data.split({"digit": digits}, tasks=[task], seed=seed)
            counts = {
                n: np.bincount(digits[r]).tolist() for n, r in rows.items()
            }
            assert counts == {
                "train": [792, 8],
                "validation": [99, 1],
                "test": [99, 1],
            }

    def test_several_tasks_keep_their_shares_far_better_than_by_chance(self):
        for seed in range(3):
            targets = skewed(1000, seed)
            rows = data.split(targets, tasks=TASKS, seed=seed)
            assert rows_off(targets, rows, SHARES) < 2
            chance = [at_random(1000, SHARES, i) for i in range(10)]
            chance = [rows_off(targets, rows, SHARES) for rows in chance]
            assert np.median(chance) > 8
            assert [len(part) for part in rows.values()] == [800, 100, 100]

    def test_every_row_is_in_one_split_in_order(self):
        rows = data.split(skewed(203), tasks=TASKS)
        assert is_partition(list(rows.values()), 203)
        assert all(np.all(np.diff(part) > 0) for part in rows.values())

    def test_a_seed_gives_the_split(self):
        targets = skewed(200)
        one, same, other = (
            data.split(targets, tasks=TASKS, seed=seed)["train"]
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)

    def test_records_are_the_same_as_columns(self):
        targets = skewed(100)
        records = [
            {
                "tags": targets["tags"][i],
                "things": targets["things"][i],
                # No label: no key.
                **({"kind": int(k)} if (k := targets["kind"][i]) >= 0 else {}),
            }
            for i in range(100)
        ]
        columns = data.split(targets, tasks=TASKS)
        rows = data.split(records, tasks=TASKS)
        for name in columns:
            np.testing.assert_array_equal(columns[name], rows[name])

    def test_batches_are_the_same_as_columns(self):
        targets = skewed(100)
        inputs = {"number": np.arange(100)}
        dataset = data.from_arrays(inputs, targets, tasks=TASKS, batch_size=32)
        columns = data.split(targets, tasks=TASKS)
        rows = data.split(dataset, tasks=TASKS)
        for name in columns:
            np.testing.assert_array_equal(columns[name], rows[name])
        shuffled = data.from_arrays(inputs, targets, tasks=TASKS, shuffle=True)
        with pytest.raises(ValueError, match="same order.*shuffle=False"):
            data.split(shuffled, tasks=TASKS)

    def test_without_tasks_rows_of_any_form_are_divided(self):
        numbers = np.arange(100)
        dataset = data.from_arrays(
            {"number": numbers}, {}, tasks=[], batch_size=32
        )
        records = [{"kind": 0}] * 100
        for targets in (dataset, records, {"kind": numbers}):
            rows = data.split(targets, tasks=[])
            assert [len(part) for part in rows.values()] == [80, 10, 10]
            assert data.split_by_task(targets, tasks=[]) == {}

    def test_masks_of_any_size_count_by_the_classes_they_show(self):
        rng = np.random.default_rng(0)
        masks = [np.zeros((4, 5 + i % 3), "uint8") for i in range(100)]
        rare = rng.choice(100, 10, replace=False)
        for i in rare:
            masks[i][2, 3] = 1
        task = tasks.segmentation("mask", 2)
        rows = data.split({"mask": masks}, tasks=[task])
        found = [len(np.intersect1d(part, rare)) for part in rows.values()]
        assert found == [8, 1, 1]

    def test_a_task_without_labels_changes_nothing(self):
        targets = {"kind": skewed(100)["kind"]}
        without = data.split(targets, tasks=[KIND])["train"]
        with_it = data.split(targets, tasks=[KIND, TAGS])["train"]
        np.testing.assert_array_equal(without, with_it)


def published(counts, shares, seed):
    """Iterative stratification as in the paper, for rows of zeros and ones."""
    rng = np.random.default_rng(seed)
    wanted = np.outer(shares, counts.sum(axis=0))
    room = shares * len(counts)
    assigned = np.full(len(counts), -1)
    while np.any(left := counts[assigned < 0].sum(axis=0)):
        rarest = np.argmin(np.where(left > 0, left, np.inf))
        for row in np.flatnonzero((assigned < 0) & (counts[:, rarest] > 0)):
            asking = wanted[:, rarest] == wanted[:, rarest].max()
            most = asking & (room == room[asking].max())
            assigned[row] = rng.choice(np.flatnonzero(most))
            wanted[assigned[row]] -= counts[row]
            room[assigned[row]] -= 1
    return assigned


def test_no_class_is_further_off_than_with_the_algorithm_of_the_paper():
    shares = np.array([0.8, 0.1, 0.1])
    worst = {stratify: [], published: []}
    for seed in range(4):
        presence = {
            task.name: class_presence(task, skewed(400, seed)[task.name])
            for task in TASKS
        }
        counts = count_rows(presence)
        for method, found in worst.items():
            assigned = method(counts, shares, seed=seed)
            got = [counts[assigned == i].sum(axis=0) for i in range(3)]
            due = np.outer(shares, counts.sum(axis=0))
            found.append(np.abs(got - due).max())
    assert max(worst[stratify]) < 2 < np.mean(worst[published])


class TestGroups:
    @hypothesis.given(
        groups=st.lists(
            st.sampled_from("abcdefghij"), min_size=40, max_size=90
        ),
        seed=st.integers(0, 5),
    )
    @hypothesis.settings(max_examples=40, deadline=None)
    def test_no_group_is_on_two_sides_and_no_row_is_lost(self, groups, seed):
        hypothesis.assume(len(set(groups)) >= 5)
        groups = np.array(groups)
        targets = skewed(len(groups), seed)
        for train, held_out in data.folds(
            targets, tasks=TASKS, num_folds=3, groups=groups, seed=seed
        ):
            assert not set(groups[train]) & set(groups[held_out])
            assert is_partition([train, held_out], len(groups))

    def test_classes_keep_their_shares_as_well_as_with_scikit_learn(self):
        ours, theirs = [], []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            groups = rng.choice(60, 1000, p=rng.dirichlet(np.ones(60)))
            usual = rng.choice(4, 60)[groups]
            kind = np.where(rng.random(1000) < 0.5, usual, rng.choice(4, 1000))
            peer = model_selection.StratifiedGroupKFold(
                5, shuffle=True, random_state=seed
            )
            folds = data.folds(
                {"kind": kind}, tasks=[KIND], groups=groups, seed=seed
            )
            ours.append(fold_deviation(kind, folds))
            theirs.append(fold_deviation(kind, peer.split(kind, kind, groups)))
        assert np.mean(ours) <= np.mean(theirs)

    def test_a_large_group_is_counted_with_all_its_rows(self):
        groups = ["film"] * 50 + [f"photo {i}" for i in range(50)]
        rows = data.split(
            {}, tasks=[], groups=groups, shares={"a": 0.5, "b": 0.5}
        )
        assert sorted(len(part) for part in rows.values()) == [50, 50]

    def test_groups_are_numbered_in_their_order(self):
        """A set of texts would have another order in every process."""
        units = number_units(5, np.array(["b", "a", "b", "c", "a"]))
        assert units.tolist() == [0, 1, 0, 2, 1]


def fold_deviation(labels, folds):
    """How far the share of a class in a held-out part is from 1 / folds."""
    totals = np.bincount(labels)
    parts = np.array([np.bincount(labels[v], minlength=4) for _, v in folds])
    return np.abs(parts / totals - 1 / len(parts)).max()


class TestFolds:
    def test_each_row_is_held_out_once(self):
        folds = data.folds(skewed(101), tasks=TASKS, num_folds=4)
        assert is_partition([held_out for _, held_out in folds], 101)
        for train, held_out in folds:
            assert is_partition([train, held_out], 101)

    def test_one_task_is_stratified_as_by_scikit_learn(self):
        kind = np.repeat([0, 1, 2, 3], [120, 50, 20, 10])
        peer = model_selection.StratifiedKFold(5, shuffle=True, random_state=0)
        folds = data.folds({"kind": kind}, tasks=[KIND])
        assert fold_deviation(kind, folds) == 0
        assert fold_deviation(kind, peer.split(kind, kind)) == 0

    def test_every_fold_has_its_part_of_every_class(self):
        targets = skewed(1000)
        folds = data.folds(targets, tasks=TASKS)
        rows = {i: held_out for i, (_, held_out) in enumerate(folds)}
        assert rows_off(targets, rows, dict.fromkeys(rows, 0.2)) < 2


class TestSplitByTask:
    def test_each_task_gets_its_labelled_rows_in_shares(self):
        # Two data sets joined: the first has kinds, the second has tags.
        kind = np.concatenate([np.arange(100) % 4, np.full(200, -1)])
        tags = np.concatenate([np.full((100, 8), np.nan), np.ones((200, 8))])
        rows = data.split_by_task(
            {"kind": kind, "tags": tags}, tasks=[KIND, TAGS]
        )
        sizes = {task: [len(p) for p in rows[task].values()] for task in rows}
        assert sizes == {"kind": [80, 10, 10], "tags": [160, 20, 20]}
        assert np.all(kind[rows["kind"]["test"]] >= 0)
        assert np.all(rows["tags"]["test"] >= 100)

    def test_what_one_task_is_tested_on_no_other_is_trained_on(self):
        rows = data.split_by_task(skewed(300), tasks=TASKS)
        train = {row for parts in rows.values() for row in parts["train"]}
        test = {row for parts in rows.values() for row in parts["test"]}
        assert not train & test

    def test_a_task_without_labels_has_no_rows(self):
        rows = data.split_by_task(
            {"kind": np.zeros(30, int)}, tasks=[KIND, TAGS]
        )
        assert all(part.size == 0 for part in rows["tags"].values())


class TestMistakes:
    @pytest.mark.parametrize(
        "shares",
        [{"a": 0.5}, {"a": 0.5, "b": 0.6}, {"a": 1.5, "b": -0.5}, {"a": 1.0}],
    )
    def test_shares_that_do_not_add_up(self, shares):
        with pytest.raises(ValueError, match="`shares` expects.*Received.*An"):
            data.split({"kind": [0, 1]}, tasks=[KIND], shares=shares)

    def test_too_few_rows(self):
        with pytest.raises(
            ValueError, match=r"Received: 3 rows.*'validation'.*Give more rows"
        ):
            data.split({"kind": [0, 1, 2]}, tasks=[KIND])

    def test_too_few_groups(self):
        groups = np.repeat(["a", "b"], 50)
        with pytest.raises(ValueError, match="Received: 2 groups.*Give more"):
            data.split({}, tasks=[], groups=groups)

    def test_rows_without_a_group(self):
        groups = [1.0, np.nan, 2.0, np.nan]
        with pytest.raises(ValueError, match="NaN in 2 rows, the first is row"):
            data.split({}, tasks=[], groups=np.array(groups))

    @pytest.mark.parametrize("num_folds", [1, 2.5])
    def test_number_of_folds(self, num_folds):
        with pytest.raises(ValueError, match="`num_folds`.*Received: num_fo"):
            data.folds({"kind": [0, 1]}, tasks=[KIND], num_folds=num_folds)

    def test_lengths_that_differ(self):
        targets = {"kind": np.zeros(4), "tags": np.zeros((5, 8))}
        with pytest.raises(ValueError, match="'kind': 4, 'tags': 5, 'groups'"):
            data.split(targets, tasks=[KIND, TAGS], groups=np.zeros(6))

    def test_nothing_to_divide(self):
        with pytest.raises(ValueError, match="Received: no rows"):
            data.split({}, tasks=[])

    def test_names_of_classes(self):
        with pytest.raises(ValueError, match="'kind' expect numbers.*cat.*ids"):
            data.split({"kind": ["cat", "dog"]}, tasks=[KIND])


def test_units_go_where_columns_lack_most():
    # Half of 8 and 4 is due: the large unit first, then what balances it.
    counts = np.array([[8, 0], [0, 2], [4, 1], [4, 1]])
    assigned = stratify(counts, [0.5, 0.5], seed=0)
    assert assigned[2] == assigned[3] != assigned[0]


def test_the_next_unit_lowers_the_deviation_most():
    """Against the plain sum over all parts and columns, for each choice."""
    rng = np.random.default_rng(1)
    counts, shares = rng.integers(0, 4, (30, 5)), np.array([0.5, 0.3, 0.2])
    parts = counts / counts.sum(axis=0)
    assigned = stratify(counts, shares, seed=3)
    order = np.random.default_rng(3).permutation(30)
    order = sorted(order, key=lambda unit: -parts[unit].max())
    have = np.zeros((3, 5))
    for unit in order:
        costs = []
        for part in range(3):
            tried = have.copy()
            tried[part] += parts[unit]
            costs.append(
                ((tried - shares[:, None]) ** 2 / shares[:, None]).sum()
            )
        assert costs[assigned[unit]] == pytest.approx(min(costs))
        have[assigned[unit]] += parts[unit]
