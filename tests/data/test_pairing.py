import numpy as np
import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

LABEL = tasks.classification("label", 4)


def labelled(modality, labels, batch_size=3, **options):
    """Rows `[class, number of the row]`, with the class as label."""
    rows = np.stack([labels, np.arange(len(labels))], axis=1).astype("float32")
    return data.from_arrays(
        {modality: rows},
        {"label": np.array(labels)},
        tasks=[LABEL],
        batch_size=batch_size,
        **options,
    )


def read(dataset):
    """All rows of a data set, by the names of inputs and targets."""
    batches = list(dataset.as_numpy_iterator())
    inputs, targets, weights = (
        {
            name: np.concatenate([batch[part][name] for batch in batches])
            for name in batches[0][part]
        }
        for part in range(3)
    )
    return inputs, targets, weights


class TestByClass:
    written = [0, 1, 2, 3, 1, 1, 0, 2]
    spoken = [2, 2, 0, 1, 3, 1, 1, 1, 0]

    def pairs(self, seed=0, **options):
        return data.pair(
            labelled("image", self.written),
            labelled("audio", self.spoken),
            by="label",
            seed=seed,
            **options,
        )

    def test_partners_are_of_the_same_class(self):
        inputs, targets, weights = read(self.pairs())
        np.testing.assert_array_equal(inputs["image"][:, 0], self.written)
        np.testing.assert_array_equal(inputs["audio"][:, 0], self.written)
        np.testing.assert_array_equal(targets["label"], self.written)
        np.testing.assert_array_equal(weights["label"], np.ones(8))

    def test_the_first_keeps_its_order(self):
        inputs, _, _ = read(self.pairs())
        np.testing.assert_array_equal(inputs["image"][:, 1], np.arange(8))

    def test_batches_have_the_size_asked_for(self):
        sizes = [
            len(targets["label"]) for _, targets, _ in self.pairs(batch_size=5)
        ]
        assert sizes == [5, 3]

    def test_a_seed_gives_the_draws_and_every_epoch_others(self):
        def epochs(seed):
            pairs = self.pairs(seed)
            return [read(pairs)[0]["audio"][:, 1].tolist() for _ in range(3)]

        first, again, other = epochs(1), epochs(1), epochs(2)
        assert first == again != other
        assert first[0] != first[1] or first[1] != first[2]

    def test_a_later_start_sees_what_comes_later(self):
        def epochs(count, first_epoch=0):
            shuffled = {"shuffle": True, "seed": 2, "first_epoch": first_epoch}
            pairs = data.pair(
                labelled("image", self.written, **shuffled),
                labelled("audio", self.spoken),
                by="label",
                seed=1,
                first_epoch=first_epoch,
            )
            read_once = [read(pairs)[0] for _ in range(count)]
            return [
                np.stack([rows[name][:, 1] for name in ("image", "audio")])
                for rows in read_once
            ]

        whole = epochs(5)
        np.testing.assert_array_equal(epochs(2, first_epoch=3), whole[3:])
        assert np.any(whole[3] != whole[4])

    def test_a_cache_keeps_the_draw(self):
        pairs = self.pairs().cache()
        first, second = (read(pairs)[0]["audio"] for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_all_partners_have_the_same_chance(self):
        pairs = data.pair(
            labelled("image", [1] * 3000, batch_size=100),
            labelled("audio", self.spoken),
            by="label",
            seed=0,
        )
        inputs, _, _ = read(pairs)
        drawn, counts = np.unique(inputs["audio"][:, 1], return_counts=True)
        assert drawn.tolist() == [3, 5, 6, 7]
        # 750 expected of each, with a standard deviation of 24.
        assert np.all(np.abs(counts - 750) < 5 * 24)

    def test_rows_without_partner_are_left_out(self):
        pairs = data.pair(
            labelled("image", [0, 1, 2, 1, 3]),
            labelled("audio", [1, 2]),
            by="label",
        )
        assert read(pairs)[0]["image"][:, 1].tolist() == [1, 2, 3]

    def test_a_batch_without_any_partner_is_no_batch(self):
        pairs = data.pair(
            labelled("image", [0, 0, 0, 1, 0, 0]),
            labelled("audio", [1]),
            by="label",
        )
        assert [len(t["label"]) for _, t, _ in pairs] == [1]

    def test_rows_without_label_have_no_partner(self):
        pairs = data.pair(
            labelled("image", [-1, 0, 1, -1]),
            labelled("audio", [-1, 0, -1, 1, -1]),
            by="label",
        )
        inputs, _, _ = read(pairs)
        assert inputs["image"][:, 1].tolist() == [1, 2]
        assert inputs["audio"][:, 1].tolist() == [1, 3]

    @settings(max_examples=10, deadline=None)
    @given(
        strategies.lists(strategies.integers(-1, 3), min_size=1, max_size=9),
        strategies.lists(strategies.integers(-1, 3), min_size=1, max_size=9),
    )
    def test_pairs_are_those_that_can_be(self, written, spoken):
        assume(max(spoken) >= 0)
        possible = set(written) & set(spoken) - {-1}
        pairs = data.pair(
            labelled("image", written), labelled("audio", spoken), by="label"
        )
        found = [
            (image, audio)
            for inputs, _, _ in pairs.as_numpy_iterator()
            for image, audio in zip(
                inputs["image"][:, 0], inputs["audio"][:, 0], strict=True
            )
        ]
        assert found == [(k, k) for k in written if k in possible]


class TestByKey:
    def boxes(self, keys):
        task = tasks.detection("things", 2, max_boxes=2)
        rows = [[[0, 0, 0.1 * i, 1, 1]] for i in range(1, len(keys) + 1)]
        images = np.arange(len(keys), dtype="float32")[:, None]
        return data.from_arrays(
            {"image": images, "id": np.array(keys)},
            {"things": rows},
            tasks=[task],
        )

    def captions(self, keys, texts):
        return data.from_arrays(
            {"id": np.array(keys), "text": np.array(texts)}, {}, tasks=[]
        )

    @pytest.mark.parametrize("keys", [[7, 3, 9], ["x.jpg", "y.jpg", "z.jpg"]])
    def test_boxes_and_captions_of_one_picture_meet(self, keys):
        joined = data.pair(
            self.boxes(keys),
            self.captions([keys[2], keys[0]], ["last", "first"]),
            by="id",
        )
        inputs, targets, weights = read(joined)
        assert set(inputs) == {"image", "text"}
        assert inputs["text"].tolist() == [b"first", b"last"]
        np.testing.assert_array_equal(inputs["image"][:, 0], [0, 2])
        heights = targets["things"][:, 0, 2]
        np.testing.assert_allclose(heights, [0.1, 0.3], rtol=1e-6)
        np.testing.assert_array_equal(weights["things"], [1, 1])


def test_a_model_learns_what_is_written_and_what_is_said():
    match = tasks.alignment("match", ("image", "audio"), units=4)
    rows = np.eye(4, dtype="float32")[np.arange(64) % 4]
    drawn = data.from_arrays(
        {"image": rows},
        {"label": np.arange(64) % 4, "match": np.arange(64) % 4},
        tasks=[LABEL, match],
    )
    said = data.from_arrays(
        {"audio": rows[:, ::-1]}, {"label": np.arange(64) % 4}, tasks=[LABEL]
    )
    train = data.pair(drawn, said, by="label", batch_size=16, seed=0)
    model = models.two_towers(
        {
            "image": encoders.mlp(4, (8,), name="image_mlp"),
            "audio": encoders.mlp(4, (8,), name="audio_mlp"),
        },
        [LABEL, match],
    )
    logs = model.fit(train, epochs=8, verbose=0).history
    assert logs["match_loss"][-1] < logs["match_loss"][0]


class TestMistakes:
    @pytest.mark.parametrize("by", ["labels", "audio"])
    def test_unknown_key_is_explained(self, by):
        with pytest.raises(ValueError, match=f"`by` of pair.*{by!r}.*Load"):
            data.pair(labelled("image", [0]), labelled("audio", [0]), by=by)

    def test_a_key_of_several_numbers_is_explained(self):
        parts = [labelled("image", [0]), labelled("image", [0])]
        with pytest.raises(ValueError, match="one value for each row.*'image'"):
            data.pair(*parts, by="image")

    def test_a_second_without_labels_is_explained(self):
        parts = labelled("image", [0, 1]), labelled("audio", [-1, -1, -1])
        with pytest.raises(ValueError, match="`second`.*'label'.*3 rows.*Load"):
            data.pair(*parts, by="label")

    def test_equal_names_are_explained(self):
        parts = [labelled("image", [0]), labelled("image", [0])]
        with pytest.raises(ValueError, match=r"inputs.*\['image'\] in both"):
            data.pair(*parts, by="label")
