import json
import random

import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import data
from mm_keras import encoders
from mm_keras import metrics
from mm_keras import models
from mm_keras import tasks as task_module
from mm_keras import training
from mm_keras.compare import compare
from mm_keras.compare import run as run_module

SCORES = {"kind_accuracy": "max", "price_mae": "min"}


def tasks():
    return [
        task_module.classification("kind", 3),
        task_module.regression("price", weight=0.5),
    ]


def arrays(seed, rows=16):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, 4)).astype("float32")
    kind = np.argmax(table[:, :3], axis=1)
    return {"table": table}, {"kind": kind, "price": table.sum(axis=1)}


def batches(seed, shuffle=False):
    return data.from_arrays(
        *arrays(seed), tasks=tasks(), batch_size=8, shuffle=shuffle
    )


def train_batches():
    return batches(0, shuffle=True)


def make(structure, **options):
    def build(tasks):
        table = encoders.mlp(4, units=(6,))
        model = structure({"table": table}, tasks, **options)
        # Faster than to compile, for as few steps as these.
        model.run_eagerly = True
        return model

    return build


def candidates():
    return {
        "hard": make(models.hard_sharing),
        "apart": make(models.independent, optimizer="sgd"),
    }


def run(given=None, **changes):
    arguments = {
        "train": train_batches,
        "validation": batches(1),
        "test": batches(2),
        "scores": SCORES,
        "epochs": 1,
        "seeds": (0, 1),
        "rounds": 0,
        "verbose": 0,
    }
    return compare(given or candidates(), tasks(), **{**arguments, **changes})


def by_hand(build, own, seed, epochs=2):
    """Trains as `compare` says that it does, and scores every epoch."""
    names = {task.name for task in own}

    def only(x, y, w):
        return x, {n: y[n] for n in names}, {n: w[n] for n in names}

    keras.utils.set_random_seed(seed)
    train = train_batches().map(only)
    keras.utils.set_random_seed(seed)
    model = build(own)
    losses, tests = [], []
    for _ in range(epochs):
        model.fit(train, verbose=0)
        found = training.evaluate(model, batches(1).map(only))
        losses.append(sum(t.weight * found[f"{t.name}_loss"] for t in own))
        tests.append(training.evaluate(model, batches(2).map(only)))
    return losses, tests[int(np.argmin(losses))]


@pytest.fixture(scope="module")
def found():
    return run(epochs=2)


@pytest.fixture
def trained(monkeypatch):
    """Names of the runs that are really trained."""
    names, train = [], run_module.train

    def counted(run, *args):
        names.append(run.name)
        return train(run, *args)

    monkeypatch.setattr(run_module, "train", counted)
    return names


def row(comparison, name):
    (found,) = [r for r in comparison.rows if r["candidate"] == name]
    return found


@pytest.mark.parametrize("name", ["hard", "apart"])
def test_a_run_is_what_it_is_by_hand(found, name):
    losses, expected = by_hand(candidates()[name], tasks(), seed=1)
    (record,) = [
        r for r in found.runs if (r["candidate"], r["seed"]) == (name, 1)
    ]
    np.testing.assert_allclose(record["validation_losses"], losses, rtol=1e-5)
    assert record["epoch"] == np.argmin(losses) + 1
    assert record["test"].keys() == expected.keys()
    for score in SCORES:
        assert record["test"][score] == pytest.approx(expected[score], rel=1e-5)
        value = row(found, name)["scores"][score]["values"][1]
        assert value == record["test"][score]


def test_single_task_networks_are_the_first_candidate_with_one_task(found):
    for task, score in zip(tasks(), SCORES, strict=True):
        build = candidates()["hard"]
        _, expected = by_hand(build, [task], seed=0)
        value = row(found, "single task")["scores"][score]["values"][0]
        assert value == pytest.approx(expected[score], rel=1e-5)


def test_single_task_networks_may_be_others():
    build = make(models.hard_sharing, optimizer="sgd")
    given = {"apart": candidates()["apart"]}
    comparison = run(given, single=build, seeds=(0,))
    _, expected = by_hand(build, tasks()[1:], seed=0, epochs=1)
    value = row(comparison, "single task")["scores"]["price_mae"]["values"][0]
    assert value == pytest.approx(expected["price_mae"], rel=1e-5)


def test_rows_are_the_statistics_of_the_runs(found):
    for name in ("single task", "hard", "apart"):
        for score, values in row(found, name)["scores"].items():
            task = score.partition("_")[0]
            own = [
                r["test"][score]
                for r in found.runs
                if r["candidate"] == name and task in r["tasks"]
            ]
            assert values["values"] == own
            assert values["mean"] == pytest.approx(sum(own) / 2)
            # Of two numbers the deviation is |a - b| / sqrt(2).
            assert values["std"] == pytest.approx(
                abs(own[0] - own[1]) / np.sqrt(2)
            )
            assert (values["min"], values["max"]) == (min(own), max(own))


def test_relative_improvement_is_that_of_the_means(found):
    def means(name):
        scores = row(found, name)["scores"]
        return {score: values["mean"] for score, values in scores.items()}

    higher = {"kind_accuracy": True, "price_mae": False}
    for name in ("hard", "apart"):
        assert row(found, name)["delta_m"]["mean"] == pytest.approx(
            metrics.relative_improvement(
                means(name), means("single task"), higher_is_better=higher
            )
        )
    assert row(found, "single task")["delta_m"]["mean"] == pytest.approx(
        0, abs=1e-9
    )
    assert row(found, "single task")["delta_m"]["std"] > 0


def test_parameters_are_those_of_all_networks(found):
    # Dense layers 4 -> 6, then 6 -> 3 and 6 -> 1.
    encoder, kind, price = 5 * 6, 7 * 3, 7 * 1
    assert row(found, "hard")["parameters"] == encoder + kind + price
    both = 2 * encoder + kind + price
    assert row(found, "apart")["parameters"] == both
    assert row(found, "single task")["parameters"] == both


def test_a_run_does_not_depend_on_what_ran_before(found):
    alone = run({"apart": candidates()["apart"]}, seeds=(1,), epochs=2)
    (expected,) = [
        r for r in found.runs if (r["candidate"], r["seed"]) == ("apart", 1)
    ]
    (record,) = [r for r in alone.runs if r["candidate"] == "apart"]
    assert record["test"] == pytest.approx(expected["test"], rel=1e-5)


def test_all_candidates_see_the_data_in_one_order():
    seen = []

    def spied(structure, draws):
        def build(tasks):
            model = make(structure)(tasks)
            # Some candidates draw more numbers than others.
            for _ in range(draws):
                random.random()
            train_step = model.train_step

            def spy(data):
                seen.append(data[0]["table"][0, 0].numpy())
                return train_step(data)

            model.train_step = spy
            model.run_eagerly = True
            return model

        return build

    given = {
        "hard": spied(models.hard_sharing, 3),
        "apart": spied(models.independent, 1),
    }
    single = make(models.hard_sharing)
    run(given, single=single, seeds=(3, 4), epochs=1)
    hard, apart, other = seen[:2], seen[2:4], seen[4:6]
    assert hard == apart
    assert hard != other


class Drifting(keras.layers.Layer):
    """Adds how many epochs it was trained, which no gradient changes."""

    def __init__(self, step, **kwargs):
        super().__init__(**kwargs)
        self.step = step

    def build(self, shape):
        self.drift = self.add_weight(shape=(), trainable=False)
        self.drift.assign(0.0)

    def call(self, x, training=False):
        if training:
            self.drift.assign_add(self.step)
        return x * 0 + self.drift


def constant(value):
    """Batches whose only row asks both tasks for a number."""
    return data.from_arrays(
        {"table": np.zeros((1, 1))},
        {"a": np.full(1, value), "b": np.full(1, value)},
        tasks=numbers(),
    )


def numbers():
    return [task_module.regression("a"), task_module.regression("b")]


def drifting(tasks):
    table = keras.Input((1,), name="table")
    outputs = {t.name: Drifting(1.0)(table) for t in tasks}
    model = training.MultiTaskModel({"table": table}, outputs, tasks=tasks)
    model.compile("sgd")
    return model


@pytest.mark.filterwarnings("ignore:.*not have any trainable")
def test_the_epoch_is_chosen_on_validation_data_not_on_test_data():
    # After epoch n the model says n. Validation wants 2, test wants 4.
    comparison = compare(
        {"drifting": drifting},
        numbers(),
        train=lambda: constant(0.0),
        validation=constant(2.0),
        test=constant(4.0),
        scores={"a_mae": "min", "b_mae": "min"},
        epochs=5,
        seeds=(0,),
        rounds=0,
        verbose=0,
    )
    for record in comparison.runs:
        assert record["epoch"] == 2
    assert row(comparison, "drifting")["scores"]["a_mae"]["mean"] == 4 - 2
    assert comparison.runs[-1]["validation"]["a_mae"] == 0


def test_finished_runs_are_not_trained_again(found, trained, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(folder=tmp_path, given=killed_at(4), epochs=2)
    first = list(trained)
    assert first[-1] == "apart seed 0"
    kept = {path.stem for path in tmp_path.glob("*seed*.json")}
    assert kept == set(first[:-1])
    resumed = run(folder=tmp_path, epochs=2)
    assert trained[4:] == [
        "apart seed 0",
        "single task kind seed 1",
        "single task price seed 1",
        "hard seed 1",
        "apart seed 1",
    ]
    for name in ("single task", "hard", "apart"):
        for score, values in row(resumed, name)["scores"].items():
            expected = row(found, name)["scores"][score]["values"]
            assert values["values"] == pytest.approx(expected, rel=1e-5)
    again = run(folder=tmp_path, epochs=2)
    assert len(trained) == 9
    assert again.table() == resumed.table()
    assert again.to_json() == resumed.to_json()


def killed_at(number):
    """Candidates of which the one that makes model `number` is killed."""
    calls = []

    def counted(build):
        def wrapped(tasks):
            calls.append(1)
            if len(calls) == number:
                raise KeyboardInterrupt
            return build(tasks)

        return wrapped

    return {name: counted(build) for name, build in candidates().items()}


def test_more_seeds_and_candidates_join_what_is_there(trained, tmp_path):
    both = candidates()
    run({"hard": both["hard"]}, folder=tmp_path, seeds=(0,))
    del trained[:]
    run(both, folder=tmp_path, seeds=(0, 5))
    assert trained[0] == "apart seed 0"
    assert len(trained) == 1 + 4


def test_a_folder_of_other_settings_is_explained(tmp_path):
    run({"hard": candidates()["hard"]}, folder=tmp_path, seeds=(0,))
    with pytest.raises(ValueError, match=r"same \['epochs'\].*Received.*Choo"):
        run(folder=tmp_path, epochs=3)


def test_a_folder_of_something_else_is_explained(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear")
    with pytest.raises(ValueError, match="new or empty.*Received.*Choose"):
        run(folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def broken(tasks):
    if len(tasks) > 1:
        raise OSError("no memory left")
    return make(models.hard_sharing)(tasks)


def test_a_candidate_that_fails_is_named_and_the_others_are_kept(tmp_path):
    given = {"hard": candidates()["hard"], "broken": broken}
    with pytest.warns(UserWarning, match="broken seed 0: OSError: no memory"):
        comparison = run(given, folder=tmp_path)
    assert [r["candidate"] for r in comparison.rows] == ["single task", "hard"]
    assert row(comparison, "hard")["seeds"] == [0, 1]
    text = comparison.table()
    assert "- Left out: broken seed 0: OSError: no memory left" in text
    assert not list(tmp_path.glob("broken*"))


def test_what_a_candidate_reached_before_it_failed_is_shown():
    calls = []

    def tired(tasks):
        calls.append(1)
        return broken(tasks) if len(calls) > 1 else candidates()["hard"](tasks)

    given = {"hard": candidates()["hard"], "tired": tired}
    with pytest.warns(UserWarning, match="tired seed 1.*\n.*7 finished runs"):
        comparison = run(given)
    assert row(comparison, "tired")["seeds"] == [0]
    assert "`tired` has the seeds [0] only" in comparison.table()


def test_nothing_but_failures_is_an_error():
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(ValueError, match="at least one.*Received.*no memory"),
    ):
        run({"broken": broken})


def test_without_baselines_there_is_no_relative_improvement():
    def no_single(tasks):
        raise OSError("no disk left")

    with pytest.warns(UserWarning, match="no disk left"):
        comparison = run(single=no_single, seeds=(0,))
    assert row(comparison, "hard")["delta_m"] is None
    text = comparison.table()
    assert "There is no delta_m: `single task` has no seed with all" in text


def test_a_candidate_that_returns_something_else_is_explained():
    def forgetful(_):
        return make(models.hard_sharing)(tasks()[:1])

    given = {"hard": candidates()["hard"], "forgetful": forgetful}
    with pytest.warns(UserWarning, match="compiled.*Received.*Pass on"):
        run(given, seeds=(0,))


@pytest.mark.slow
def test_detection_is_scored_and_inputs_without_a_reader_are_left_out():
    both = [
        task_module.detection("boxes", 2, max_boxes=2, channels=4),
        task_module.regression("price"),
    ]

    def load():
        rng = np.random.default_rng(0)
        boxes = np.array([[[0.1, 0.1, 0.7, 0.7, 1], [-1] * 5]] * 4, "float32")
        return data.from_arrays(
            {
                "image": rng.uniform(size=(4, 16, 16, 3)),
                "table": np.ones((4, 2)),
            },
            {"boxes": boxes, "price": np.ones(4)},
            tasks=both,
            batch_size=2,
        )

    def build(tasks):
        image = encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=4)
        given = {"image": image, "table": encoders.mlp(2, units=(3,))}
        if len(tasks) == 1:
            kept = "image" if tasks[0].name == "boxes" else "table"
            given = {kept: given[kept]}
        model = models.hard_sharing(given, tasks)
        model.run_eagerly = True
        return model

    comparison = compare(
        {"hard": build},
        both,
        train=load,
        validation=load(),
        test=load(),
        scores={"boxes_ap": "max", "boxes_ap75": "max", "price_mae": "min"},
        epochs=1,
        seeds=(0,),
        rounds=0,
        verbose=0,
    )
    values = row(comparison, "hard")["scores"]["boxes_ap"]
    assert 0 <= values["mean"] <= 1


@pytest.fixture(scope="module")
def timed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timed")
    return folder, run(epochs=1, seeds=(0,), rounds=3, folder=folder)


class TestTimes:
    def test_every_round_of_both_sides_is_kept(self, timed):
        _, comparison = timed
        assert list(comparison.times) == ["single task", "hard", "apart"]
        for taken in comparison.times.values():
            for kind in ("step", "prediction"):
                for side in ("candidate", "reference"):
                    wall = taken[kind][side]["wall"]
                    assert len(wall) == 3 and min(wall) > 0

    def test_ratios_are_medians_over_rounds(self, timed):
        _, comparison = timed
        step = comparison.times["apart"]["step"]
        ratios = np.divide(step["candidate"]["wall"], step["reference"]["wall"])
        assert row(comparison, "apart")["step"] == np.median(ratios)
        wall = comparison.times["apart"]["prediction"]["candidate"]["wall"]
        expected = pytest.approx(1000 * np.median(wall))
        assert row(comparison, "apart")["prediction_ms"] == expected

    def test_they_are_measured_once(self, timed):
        folder, comparison = timed
        again = run(epochs=1, seeds=(0,), rounds=3, folder=folder)
        assert again.times == comparison.times
        assert again.table() == comparison.table()


class TestComparison:
    def test_the_table_says_what_it_shows(self, found):
        text = found.table()
        head = text.splitlines()[0]
        assert head == (
            "|  | kind_accuracy (max) | price_mae (min) | delta_m, % (min) | "
            "parameters |"
        )
        hard = row(found, "hard")
        mae = hard["scores"]["price_mae"]
        assert (
            f"{mae['mean']:.3f} ± {mae['std']:.3f} "
            f"({mae['min']:.3f} to {mae['max']:.3f})" in text
        )
        assert f"{hard['delta_m']['mean']:+.1f} ± " in text
        assert "2 seed(s), 2 epoch(s)" in text
        assert "lowest weighted loss on the validation data" in text

    def test_one_seed_has_no_deviation(self):
        comparison = run({"hard": candidates()["hard"]}, seeds=(7,))
        assert "±" not in comparison.table().split("\n\n")[0]
        assert (
            json.loads(comparison.to_json())["rows"][1]["scores"]["price_mae"][
                "std"
            ]
            is None
        )

    def test_json_has_rows_and_runs(self, found):
        content = json.loads(found.to_json())
        assert len(content["runs"]) == 2 * 4
        assert content["rows"][1]["candidate"] == "hard"
        assert content["scores"] == SCORES

    def test_the_picture_has_a_point_for_each_seed(self, found, tmp_path):
        figure = found.plot()
        titles = [axis.get_title() for axis in figure.axes]
        assert titles == [
            "kind_accuracy (max)",
            "price_mae (min)",
            "delta_m, % (min)",
        ]
        values = row(found, "apart")["scores"]["price_mae"]["values"]
        drawn = [list(line.get_xdata()) for line in figure.axes[1].lines]
        assert values in drawn
        figure.savefig(tmp_path / "comparison.png")

    def test_a_baseline_of_0_leaves_delta_m_out(self, found):
        import dataclasses

        runs = json.loads(json.dumps(found.runs))
        for record in runs:
            if (
                record["candidate"] == "single task"
                and "kind" in record["tasks"]
            ):
                record["test"]["kind_accuracy"] = 0.0
        changed = dataclasses.replace(found, runs=runs)
        assert row(changed, "hard")["delta_m"] is None
        text = changed.table()
        assert "`single task` has 0 or nothing in kind_accuracy" in text
        assert len(changed.plot().axes) == 2


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            ({"given": [make(models.hard_sharing)]}, "dictionary from name"),
            ({"given": {"single task": broken}}, "other than 'single task'"),
            ({"given": {"hard": 3}}, "function of a list of tasks"),
            ({"scores": {"kind_accuracy": "max"}}, r"Add a score of \['pri"),
            ({"scores": {**SCORES, "kind_f": "max"}}, r"Change \['kind_f'\]"),
            ({"scores": {**SCORES, "kind_loss": "low"}}, "'max' or 'min'"),
            ({"epochs": 0}, "at least one epoch"),
            ({"seeds": ()}, "at least one seed"),
            ({"seeds": (1, 1)}, "each seed once"),
            ({"train": batches(0)}, "a function without arguments"),
            ({"validation": arrays(1)}, "`validation`.*a data set"),
            (
                {"test": batches(1).map(lambda x, y, w: (x, {"kind": 1}))},
                "test",
            ),
        ],
    )
    def test_it_is_explained_before_anything_is_trained(
        self, changes, match, trained
    ):
        with pytest.raises(ValueError, match=match) as raised:
            run(**changes)
        assert "Received" in str(raised.value)
        assert not trained

    def test_one_task_is_explained(self):
        with pytest.raises(ValueError, match="at least two.*Received: .'kind"):
            compare(
                candidates(),
                tasks()[:1],
                train=train_batches,
                validation=batches(1),
                test=batches(2),
                scores=SCORES,
                epochs=1,
            )


def test_it_says_how_far_it_is(capsys):
    run({"hard": candidates()["hard"]}, seeds=(0,), verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[-1].startswith("hard seed 0: epoch ")


def test_it_is_part_of_the_package():
    assert mm_keras.compare.compare is compare
