"""The arithmetic of the benchmarks, and that each of them still runs."""

import importlib.util
import pathlib
import sys

import numpy as np
import pytest
import tensorflow as tf

FOLDER = pathlib.Path(__file__).parents[1] / "benchmarks"


def load(name, monkeypatch):
    """Imports a script of the folder, as running it would."""
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def timing(monkeypatch):
    return load("timing", monkeypatch)


class Clock:
    """Advances by a step every time it is read."""

    def __init__(self, step):
        self.now, self.step = 100.0, step

    def __call__(self):
        self.now += self.step
        return self.now


class TestTiming:
    def test_a_block_takes_what_the_clocks_advance(self, timing):
        block = timing.timed(lambda: "ignored", (Clock(2.0), Clock(3.0)))
        assert block() == (2.0, 3.0)
        assert block() == (2.0, 3.0)

    def test_blocks_take_turns_and_warm_up_does_not_count(self, timing):
        calls = []

        def block(name):
            calls.append(name)
            return len(calls), 10 * len(calls)

        blocks = {name: lambda name=name: block(name) for name in "abc"}
        seconds = timing.interleave(blocks, rounds=4, warmup=2)
        rounds = [calls[i : i + 3] for i in range(0, 18, 3)]
        assert len(calls) == 3 * (2 + 4)
        assert all(sorted(names) == ["a", "b", "c"] for names in rounds)
        assert len({tuple(names) for names in rounds}) > 1
        whens = [i + 1 for i, name in enumerate(calls) if name == "b"]
        np.testing.assert_array_equal(seconds["b"].wall, whens[2:])
        np.testing.assert_array_equal(
            seconds["b"].cpu, 10.0 * seconds["b"].wall
        )

    def test_one_seed_gives_one_order(self, timing):
        def order(seed):
            calls = []
            blocks = {
                name: lambda name=name: (calls.append(name), (1.0, 1.0))[1]
                for name in "abcd"
            }
            timing.interleave(blocks, 3, seed=seed)
            return calls

        assert order(1) == order(1) != order(2)

    def test_seconds_add_up_and_join(self, timing):
        one = timing.Seconds(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
        two = timing.Seconds(np.array([10.0, 20.0]), np.array([30.0, 40.0]))
        both = one + two
        np.testing.assert_array_equal(both.wall, [11.0, 22.0])
        np.testing.assert_array_equal(both.cpu, [33.0, 44.0])
        joined = timing.join([{"a": one}, {"a": two}])["a"]
        np.testing.assert_array_equal(joined.wall, [1.0, 2.0, 10.0, 20.0])
        np.testing.assert_array_equal(joined.cpu, [3.0, 4.0, 30.0, 40.0])

    def test_a_ratio_is_taken_within_rounds(self, timing):
        # The machine is ten times slower in the second round.
        estimate = timing.ratio([2.0, 20.0, 2.0], [1.0, 10.0, 1.0])
        assert (estimate.middle, estimate.low, estimate.high) == (2, 2, 2)
        # Ratios 1, 2 and 4; that of the medians would be 4 / 1.
        assert timing.ratio([1.0, 20.0, 4.0], [1.0, 10.0, 1.0]).middle == 2

    def test_the_interval_is_that_of_the_median(self, timing):
        # Of normal values the median has a deviation of 1.2533 / sqrt(n).
        values = np.random.default_rng(0).normal(5.0, 1.0, 400)
        estimate = timing.median(values)
        assert estimate.middle == np.median(values)
        width = 2 * 1.96 * 1.2533 / np.sqrt(400)
        assert estimate.high - estimate.low == pytest.approx(width, rel=0.3)
        assert estimate.low < estimate.middle < estimate.high

    def test_a_target_is_met_where_the_interval_reaches_it(self, timing):
        estimate = timing.Estimate(1.0, 0.9, 1.2)
        for target, verdict in ((0.95, "met"), (0.85, "missed")):
            assert timing.held(estimate, at_most=target, digits=1) == (
                f"1.0 (0.9 to 1.2) {verdict}"
            )
        for target, verdict in ((1.1, "met"), (1.3, "missed")):
            assert timing.held(estimate, at_least=target).endswith(verdict)

    def test_numbers_and_tables_are_readable(self, timing):
        assert timing.Estimate(1.0, 0.9, 1.25).text(1) == "1.0 (0.9 to 1.2)"
        assert timing.milliseconds([0.1, 0.3, 0.2], count=10) == "20.0 ms"
        text = timing.table("A title", ["", "time"], [["ours", "1"]])
        assert text == (
            "### A title\n\n|  | time |\n| --- | --- |\n| ours | 1 |\n"
        )


class TestSharingCost:
    @pytest.fixture
    def script(self, timing, monkeypatch):
        return load("sharing_cost", monkeypatch)

    def test_networks_are_parts_of_that_of_the_demo(self, script):
        from mm_keras import zoo

        def sizes(model):
            return {
                layer.name: layer.count_params()
                for layer in model.layers
                if layer.count_params()
            }

        def settings(model):
            return {**model.optimizer.get_config(), "name": None}

        demo = zoo.digit_scenes(steps=10)
        together = script.network(script.TASKS, steps=10)
        alone = script.network(("mask",), steps=10)
        digits = script.network(("digits",), steps=10)
        assert sizes(together) == {
            name: size
            for name, size in sizes(demo).items()
            if name != "count_head"
        }
        assert sizes(alone) == {
            name: sizes(demo)[name] for name in ("image_encoder", "mask_head")
        }
        # Detection reads no P1: its own network goes without that level.
        assert list(alone.get_layer("image_encoder").output["pyramid"]) == [
            "P1",
            "P2",
            "P3",
            "P4",
        ]
        assert list(digits.get_layer("image_encoder").output["pyramid"]) == [
            "P2",
            "P3",
            "P4",
        ]
        assert settings(alone) == settings(together) == settings(demo)

    def test_one_network_is_held_against_the_sum_of_three(self, script, timing):
        def seconds(value):
            return timing.Seconds(np.full(3, value), np.full(3, 2 * value))

        taken = {"digits": seconds(0.2), "mask": seconds(0.1)}
        taken |= {"present": seconds(0.1), "together": seconds(0.3)}
        row = script.time_row("training", taken)
        assert row[1:3] == ["400.0 ms", "300.0 ms"]
        assert row[3] == row[4] == "0.750 (0.750 to 0.750) missed"

    def test_lost_points_are_means_over_seeds(self, script):
        alone = [dict.fromkeys(script.SCORES, value) for value in (90.0, 92.0)]
        together = [
            dict.fromkeys(script.SCORES, value) for value in (90.5, 90.1)
        ]
        text = script.score_table(together, alone)
        # Differences 0.5 and -1.9; the deviation of two is |a - b| / sqrt(2).
        assert "91.00 ± 1.41 | 90.30 ± 0.28 | -0.70 (-1.90 to +0.50)" in text
        assert "at least -0.5: missed" in text

    @pytest.mark.slow
    def test_it_runs(self, script, tfds_dir, capsys):
        script.main(["--quick", "--data-dir", tfds_dir])
        printed = capsys.readouterr().out
        assert "AP50 of the boxes" in printed
        assert "training, a tenth of an epoch" in printed


class TestStructures:
    @pytest.fixture
    def script(self, timing, monkeypatch):
        return load("structures", monkeypatch)

    def test_every_structure_but_that_of_alignment_takes_part(self, script):
        from mm_keras import models

        names = script.names()
        assert names[0] == "hard_sharing"
        assert sorted([*names, "fix_branches", "two_towers"]) == sorted(
            models.__all__
        )

    @pytest.mark.parametrize("networks", [1, 2, 3, 4, 7])
    def test_a_size_spends_the_budget(self, script, networks):
        def count(size, networks):
            width, channels = size
            return 5000 + networks * (
                1000 * width**2 + 40 * width * channels + 30 * channels**2
            )

        budget = count((16, 64), networks=1)
        size = script.find_size(lambda s: count(s, networks), budget)
        assert abs(count(size, networks) / budget - 1) <= 0.05
        if networks == 1:
            assert size == (16, 64)

    @pytest.mark.slow
    def test_a_network_for_each_task_becomes_narrower(self, script, tmp_path):
        path = tmp_path / "new" / "sizes.json"
        sizes, failures = script.find_sizes(["independent"], path)
        assert list(sizes) == ["hard_sharing", "independent"]
        assert not failures
        reference, other = (
            script.build(name, script.make_tasks(), size).count_params()
            for name, size in sizes.items()
        )
        assert abs(other / reference - 1) <= 0.05
        again, _ = script.find_sizes(["hard_sharing", "independent"], path)
        assert again == sizes

    def test_the_largest_number_that_fits_is_found(self, script):
        for last in range(3, 9):
            assert script.largest(lambda n, i=last: n <= i, 3, 9) == last
        assert script.largest(lambda n: False, 3, 9) == 3

    def test_an_unknown_structure_is_explained(self, script, capsys):
        with pytest.raises(SystemExit):
            script.main(["--structures", "hard_sharing,soft"])
        assert "Received: ['soft']" in capsys.readouterr().err

    @pytest.mark.slow
    def test_it_runs(self, script, tfds_dir, tmp_path, capsys):
        arguments = ["--quick", "--data-dir", tfds_dir, "--folder"]
        arguments += [str(tmp_path), "--structures", "hard_sharing"]
        script.main(arguments)
        printed = capsys.readouterr().out
        assert "| single task | " in printed
        assert "| hard_sharing | 16 / 64 | " in printed
        assert "delta_m without present_f1" in printed
        script.main(arguments)
        assert "seed 0: epoch" not in capsys.readouterr().out


class TestBuilding:
    @pytest.fixture
    def script(self, timing, monkeypatch):
        return load("building", monkeypatch)

    def test_encoders_are_counted_in_the_model(self, script):
        counted = {
            name: script.count_encoders(script.build(name, (1, 1)), (1, 1))
            for name in ("hard_sharing", "independent")
        }
        assert counted == {"hard_sharing": 1, "independent": 3}

    def test_what_the_encoders_take_does_not_count(self, script, timing):
        def seconds(value):
            return timing.Seconds(np.full(3, value), np.full(3, value / 2))

        taken = {"encoder": seconds(1.0), "independent": seconds(7.0)}
        row = script.row("independent", taken, 3)
        assert row[3] == "4.00 (4.00 to 4.00) missed"
        assert row[4] == "2.00 (2.00 to 2.00) met"


class TestOtherPipelines:
    """What ours is held against does what it should."""

    SIZE = 96

    @pytest.fixture
    def others(self, timing, monkeypatch):
        return load("other_pipelines", monkeypatch)

    @pytest.fixture
    def made(self, tmp_path):
        """A bright rectangle, eight times, and its box."""
        picture = np.zeros((192, 256, 3), "uint8")
        picture[48:144, 64:160] = 255
        path = tmp_path / "picture.jpg"
        path.write_bytes(tf.io.encode_jpeg(picture, quality=100).numpy())
        boxes = np.array([[[0.25, 0.25, 0.75, 0.625]] * 2] * 8, "float32")
        return [str(path)] * 8, boxes, np.full((8, 2), 3)

    @pytest.mark.slow
    @pytest.mark.parametrize("way", ["plain", "joined", "layers"])
    def test_boxes_go_where_their_objects_go(self, others, made, way):
        options = {"size": self.SIZE, "batch_size": 8}
        make = others.layers if way == "layers" else others.plain
        if way == "joined":
            options["join"] = True
        pictures, boxes = next(iter(make(*made, **options)))
        assert pictures.shape == (8, self.SIZE, self.SIZE, 3)
        for picture, box in zip(pictures.numpy(), boxes[:, 0], strict=True):
            bright = np.argwhere(picture.mean(axis=-1) > picture.max() / 2)
            found = [*bright.min(axis=0), *(bright.max(axis=0) + 1)]
            np.testing.assert_allclose(self.SIZE * box[:4], found, atol=4)
            assert box[4] == 3


@pytest.mark.slow
class TestScripts:
    @pytest.mark.parametrize(
        ("script", "held_against"),
        [
            ("building", "at most 3 s beyond the encoders"),
            ("check_data", "at most 60 s for 5,000 pictures"),
            ("import_time", "at most 0.3 s beyond `import keras`"),
            ("pipeline", "at least 1.5 times the images of each, but not"),
            ("serving", "at most 1.15 of a bare"),
            ("training_step", "at most 1.03"),
        ],
    )
    def test_it_runs_and_says_its_target(
        self, timing, script, held_against, monkeypatch, capsys
    ):
        load(script, monkeypatch).main(["--quick"])
        assert held_against in capsys.readouterr().out

    def test_pytorch_is_optional(self, timing, monkeypatch, capsys, tmp_path):
        script = load("training_step", monkeypatch)
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        print(script.throughput_table(str(python), (1,), 4, 1, 1))
        assert capsys.readouterr().out.count("not installed") == 2

    @pytest.mark.filterwarnings("ignore:Left out")
    def test_blood_cells_run_where_they_are(
        self, timing, shared_data, monkeypatch, capsys
    ):
        script = load("blood_cells", monkeypatch)
        script.main(["--quick", "--data", str(shared_data / "bccd")])
        printed = capsys.readouterr().out
        assert "| AP50 Platelets |" in printed
        assert "Aim: AP50 of 0.7" in printed
