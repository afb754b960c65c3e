import numpy as np
import pytest
import tensorflow as tf

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

KIND = tasks.classification("kind", 3)
PRICE = tasks.regression("price")
THINGS = tasks.detection("things", 2, max_boxes=4)
MASK = tasks.segmentation("mask", 2)


def pictures(start, count):
    """Pictures whose number is the value of their pixels."""
    numbers = np.arange(start, start + count, dtype="float32")
    return {"image": np.tile(numbers[:, None, None, None], (1, 4, 4, 3))}


def arrays(inputs, targets, *used, batch_size=4, **options):
    return data.from_arrays(
        inputs, targets, tasks=list(used), batch_size=batch_size, **options
    )


def kinds(count=8, start=0, **options):
    labels = {"kind": np.arange(count) % 3}
    return arrays(pictures(start, count), labels, KIND, **options)


def prices(count=8, start=100, **options):
    labels = {"price": np.arange(count, dtype="float32")}
    return arrays(pictures(start, count), labels, PRICE, **options)


def numbers(batch):
    return batch[0]["image"][:, 0, 0, 0].astype(int).tolist()


class TestMix:
    def test_rows_take_turns(self):
        mixed = data.mix([kinds(), prices()], tasks=[KIND, PRICE])
        first, second = mixed.as_numpy_iterator()
        assert numbers(first) == [0, 100, 1, 101, 2, 102, 3, 103]
        assert numbers(second) == [4, 104, 5, 105, 6, 106, 7, 107]

    def test_sizes_of_batches_are_the_shares(self):
        few = prices(batch_size=2)
        mixed = data.mix([kinds(), few], tasks=[KIND, PRICE])
        rows = numbers(next(mixed.as_numpy_iterator()))
        assert rows == [0, 100, 1, 2, 101, 3]

    def test_what_a_data_set_does_not_know_has_weight_zero(self):
        mixed = data.mix([kinds(), prices()], tasks=[KIND, PRICE])
        _, targets, weights = next(mixed.as_numpy_iterator())
        np.testing.assert_array_equal(weights["kind"], [1, 0] * 4)
        np.testing.assert_array_equal(weights["price"], [0, 1] * 4)
        np.testing.assert_array_equal(targets["kind"][::2], [0, 1, 2, 0])
        np.testing.assert_array_equal(targets["price"][1::2, 0], [0, 1, 2, 3])
        assert np.all(targets["kind"][1::2] == 0)

    def test_labels_that_were_missing_before_stay_so(self):
        labels = {"kind": np.array([1, -1, 2, -1])}
        part = arrays(pictures(0, 4), labels, KIND)
        mixed = data.mix([part, prices()], tasks=[KIND, PRICE])
        _, _, weights = next(mixed.as_numpy_iterator())
        np.testing.assert_array_equal(weights["kind"], [1, 0, 0, 0, 1, 0, 0, 0])

    def test_boxes_and_masks_get_their_fillers(self):
        boxes = arrays(
            pictures(0, 4), {"things": [[[0, 0, 1, 1, 1]]] * 4}, THINGS
        )
        masks = arrays(
            pictures(9, 4), {"mask": np.ones((4, 4, 4), "uint8")}, MASK
        )
        mixed = data.mix([boxes, masks], tasks=[THINGS, MASK])
        _, targets, _ = next(mixed.as_numpy_iterator())
        assert np.all(targets["things"][1::2] == -1)
        assert np.all(targets["mask"][::2] == 0)
        assert np.all(targets["mask"][1::2] == 1)

    def test_an_epoch_is_that_of_the_first_and_the_others_begin_anew(self):
        mixed = data.mix([kinds(12), prices(4)], tasks=[KIND, PRICE])
        assert int(mixed.cardinality()) == 3
        rows = [numbers(batch)[1::2] for batch in mixed.as_numpy_iterator()]
        assert rows == [[100, 101, 102, 103]] * 3

    def test_others_are_shuffled_anew_each_time(self):
        parts = [kinds(8), prices(8, shuffle=True, seed=1)]
        mixed = data.mix(parts, tasks=[KIND, PRICE])
        epochs = [
            sum((numbers(b)[1::2] for b in mixed.as_numpy_iterator()), [])
            for _ in range(2)
        ]
        assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(100, 108))
        assert epochs[0] != epochs[1]

    def test_an_interrupted_training_goes_on_where_it_was(self):
        """Three batches beside two, which are read twice an epoch."""

        def read(count, first=0, other=0):
            options = {"shuffle": True, "seed": 1}
            mixed = data.mix(
                [
                    kinds(12, first_epoch=first, **options),
                    prices(8, first_epoch=other, **options),
                ],
                tasks=[KIND, PRICE],
            )
            return [
                sum((numbers(b) for b in mixed.as_numpy_iterator()), [])
                for _ in range(count)
            ]

        whole = read(4)
        assert read(2, first=2, other=4) == whole[2:] != read(2, first=2)

    def test_three_data_sets(self):
        extra = arrays(
            pictures(200, 4), {"things": [[[0, 0, 1, 1, 1]]] * 4}, THINGS
        )
        mixed = data.mix(
            [kinds(), prices(), extra], tasks=[KIND, PRICE, THINGS]
        )
        batch = next(mixed.as_numpy_iterator())
        assert numbers(batch)[:6] == [0, 100, 200, 1, 101, 201]
        np.testing.assert_array_equal(batch[2]["things"], [0, 0, 1] * 4)

    def test_fixed_sizes_stay_fixed(self):
        parts = [
            part.unbatch().batch(4, drop_remainder=True)
            for part in (kinds(), prices())
        ]
        mixed = data.mix(parts, tasks=[KIND, PRICE])
        assert [len(numbers(b)) for b in mixed.as_numpy_iterator()] == [8, 8]

    def test_one_data_set_is_left_as_it_is(self):
        mixed = data.mix([kinds()], tasks=[KIND])
        for found, expected in zip(mixed, kinds(), strict=True):
            tf.nest.map_structure(
                np.testing.assert_array_equal, found, expected
            )


class TestModalities:
    def parts(self):
        texts = {"text": np.array([[1, 2, 0], [3, 4, 5]] * 2)}
        return [kinds(4), arrays(texts, {"price": np.ones(4)}, PRICE)]

    def test_what_is_absent_is_said(self):
        mixed = data.mix(self.parts(), tasks=[KIND, PRICE])
        inputs, _, _ = next(mixed.as_numpy_iterator())
        np.testing.assert_array_equal(inputs["image_present"], [1, 0] * 4)
        np.testing.assert_array_equal(inputs["text_present"], [0, 1] * 4)
        assert np.all(inputs["image"][1::2] == 0)
        assert np.all(inputs["text"][::2] == 0)
        np.testing.assert_array_equal(inputs["text"][1], [1, 2, 0])

    def test_what_is_said_already_is_kept(self):
        known = {**pictures(0, 4), "image_present": np.array([1.0, 0, 1, 0])}
        part = arrays(known, {"kind": [0, 1, 2, 0]}, KIND)
        mixed = data.mix([part, prices(4)], tasks=[KIND, PRICE])
        inputs, _, _ = next(mixed.as_numpy_iterator())
        np.testing.assert_array_equal(
            inputs["image_present"], [1, 1, 0, 1, 1, 1, 0, 1]
        )

    def test_absent_strings_are_empty(self):
        texts = {"text": np.array(["a", "b"])}
        part = arrays(texts, {"price": np.ones(2)}, PRICE)
        mixed = data.mix([kinds(2), part], tasks=[KIND, PRICE])
        inputs, _, _ = next(mixed.as_numpy_iterator())
        assert inputs["text"].tolist() == [b"", b"a", b"", b"b"]

    def test_one_model_learns_from_pictures_and_from_texts(self):
        """Two data sets, two tasks; each row has one modality."""
        train = data.mix(self.parts(), tasks=[KIND, PRICE])
        model = models.hard_sharing(
            {
                "image": encoders.optional(encoders.convnet((4, 4, 3), (4,))),
                "text": encoders.optional(encoders.lstm(9, 3, units=4)),
            },
            [KIND, PRICE],
            fusion="attention",
        )
        logs = model.fit(train, epochs=2, verbose=0).history
        for name in ("kind_loss", "price_loss"):
            assert np.isfinite(logs[name]).all() and logs[name][0] > 0


class TestChain:
    def test_every_row_comes_once(self):
        chained = data.chain([kinds(6), prices(3)], tasks=[KIND, PRICE])
        rows = [numbers(batch) for batch in chained.as_numpy_iterator()]
        assert rows == [[0, 1, 2, 3], [4, 5], [100, 101, 102]]

    def test_scores_are_those_of_each_data_set_alone(self):
        parts = [kinds(6), prices(3)]
        model = models.hard_sharing(
            {"image": encoders.convnet((4, 4, 3), (4,))}, [KIND, PRICE]
        )
        chained = data.chain(parts, tasks=[KIND, PRICE])
        together = model.evaluate(chained, verbose=0, return_dict=True)
        for part, name in zip(parts, ("kind_loss", "price_loss"), strict=True):
            alone = model.evaluate(part, verbose=0, return_dict=True)
            assert together[name] == pytest.approx(alone[name], rel=1e-5)


@pytest.mark.parametrize("join", [data.mix, data.chain])
class TestMistakes:
    def test_other_shapes_are_explained(self, join):
        large = {"image": np.zeros((4, 8, 8, 3), "float32")}
        part = arrays(large, {"price": np.zeros(4)}, PRICE)
        with pytest.raises(
            ValueError, match=r"inputs.*'image'.*\(None, 4, 4, 3\).*image_size"
        ):
            join([kinds(), part], tasks=[KIND, PRICE])

    def test_labels_of_one_name_and_another_shape_are_explained(self, join):
        other = tasks.regression("kind")
        part = arrays(pictures(0, 4), {"kind": np.zeros(4)}, other)
        with pytest.raises(ValueError, match="targets.*'kind'.*int32.*float32"):
            join([kinds(), part], tasks=[KIND])

    @pytest.mark.parametrize("given", [[KIND], [KIND, PRICE, MASK]])
    def test_other_tasks_are_explained(self, join, given):
        with pytest.raises(
            ValueError, match=r"labels for \['kind', 'price'\], tasks.*Load"
        ):
            join([kinds(), prices()], tasks=given)
