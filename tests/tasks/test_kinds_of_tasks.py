"""What each constructor declares, with numbers."""

import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import layers
from mm_keras import tasks


def decoded(task, raw):
    outputs = task.make_decode()(np.asarray(raw, "float32"))
    return keras.tree.map_structure(ops.convert_to_numpy, outputs)


def head_output(task, *shape):
    return tuple(task.make_head()(np.ones(shape, "float32")).shape)


class TestClassification:
    def test_declares_a_class_id(self):
        target = tasks.classification("kind", 4, feature="label").target
        assert (target.kind, target.shape, target.dtype) == (
            "class",
            (),
            "int32",
        )
        assert (target.num_classes, target.feature) == (4, "label")

    def test_decodes_probabilities(self):
        found = decoded(tasks.classification("kind", 3), [[0.0, 0.0, 100.0]])
        np.testing.assert_allclose(found, [[0, 0, 1]], atol=1e-6)

    def test_loss_reads_logits(self):
        # Of the logits 0 and log 3 the second is three times as likely.
        loss = tasks.classification("kind", 2).make_loss()
        value = float(loss(np.array([1]), np.log([[1.0, 3.0]])))
        assert value == pytest.approx(-np.log(3 / 4))

    def test_takes_smoothing_and_class_weights(self):
        task = tasks.classification(
            "kind", 2, label_smoothing=0.1, class_weight={1: 3.0}
        )
        loss = task.make_loss()
        assert loss.label_smoothing == 0.1 and loss.class_weight == {1: 3.0}
        value = float(loss(np.array([1]), np.zeros((1, 2))))
        assert value == pytest.approx(3 * np.log(2.0))

    def test_reports_the_accuracy(self):
        (metric,) = tasks.classification("kind", 2).make_metrics()
        metric.update_state([1, 0], np.array([[0.1, 0.9], [0.2, 0.8]]))
        assert metric.name == "accuracy" and float(metric.result()) == 0.5

    def test_has_hidden_layers_where_asked(self):
        task = tasks.classification("kind", 10, hidden_units=(100,))
        head = task.make_head()
        assert tuple(head(np.ones((2, 512))).shape) == (2, 10)
        assert [tuple(w.shape) for w in head.weights] == [
            (512, 100),
            (100,),
            (100, 10),
            (10,),
        ]

    @pytest.mark.parametrize("wrong", [1, 0, 2.0, "ten"])
    def test_wrong_number_of_classes_is_explained(self, wrong):
        message = "`num_classes` of classification.*least 2.*Received.*Count"
        with pytest.raises(ValueError, match=message):
            tasks.classification("kind", wrong)


class TestMultiLabel:
    def test_decodes_independent_probabilities(self):
        found = decoded(tasks.multi_label("tags", 2), [[0.0, 100.0]])
        np.testing.assert_allclose(found, [[0.5, 1.0]])

    def test_loss_reads_logits(self):
        # sigmoid(log 3) = 3/4.
        loss = tasks.multi_label("tags", 2).make_loss()
        value = float(loss(np.array([[1.0, 0.0]]), np.log([[3.0, 3.0]])))
        assert value == pytest.approx(-(np.log(3 / 4) + np.log(1 / 4)) / 2)

    def test_reports_macro_f1_of_probabilities(self):
        (metric,) = tasks.multi_label("tags", 2).make_metrics()
        metric.update_state(
            np.array([[1.0, 1.0], [1.0, 0.0]]),
            np.array([[0.6, 0.6], [0.4, 0.6]]),
        )
        # Class 0: precision 1, recall 1/2. Class 1: precision 1/2, recall 1.
        assert float(metric.result()) == pytest.approx(2 / 3)

    def test_one_class_is_enough(self):
        assert tasks.multi_label("tags", 1).target.shape == (1,)
        with pytest.raises(ValueError, match="multi_label.*least 1.*Received"):
            tasks.multi_label("tags", 0)


class TestRegression:
    def test_is_not_decoded(self):
        assert tasks.regression("price").make_decode() is None

    def test_counts_are_decoded_to_whole_numbers(self):
        task = tasks.regression("count", decode=layers.WholeNumber())
        found = decoded(task, [[-0.7], [2.4], [2.6]])
        np.testing.assert_array_equal(found, [[0], [2], [3]])

    def test_metric_sees_decoded_counts_and_the_loss_does_not(self):
        task = tasks.regression("count", decode=layers.WholeNumber())
        arguments = tasks.compile_args([task])
        (metric,) = arguments["weighted_metrics"]["count"]
        y_true, y_pred = np.array([[2.0]]), np.array([[2.4]])
        metric.update_state(y_true, y_pred)
        assert float(metric.result()) == 0.0
        loss = arguments["loss"]["count"](y_true, y_pred)
        assert float(loss) == pytest.approx(0.4**2 / 2)

    def test_loss_is_that_of_huber(self):
        # 0.5 ^ 2 / 2 within the distance of 1, 3 - 0.5 beyond it.
        loss = tasks.regression("price", 2).make_loss()
        value = float(loss(np.zeros((1, 2)), np.array([[0.5, 3.0]])))
        assert value == pytest.approx((0.125 + 2.5) / 2)

    def test_loss_is_a_line_beyond_delta(self):
        # 0.1 * (3 - 0.1 / 2).
        loss = tasks.regression("price", delta=0.1).make_loss()
        value = float(loss(np.zeros((1, 1)), np.array([[3.0]])))
        assert value == pytest.approx(0.295)

    def test_has_one_output_per_unit(self):
        task = tasks.regression("price", 3)
        assert task.target.shape == (3,)
        assert head_output(task, 2, 8) == (2, 3)


class TestLocalization:
    def test_decodes_corners_in_order(self):
        found = decoded(tasks.localization("place"), [[9, 9, -9, -9]])
        np.testing.assert_allclose(found, [[0, 0, 1, 1]], atol=1e-3)

    def test_perfect_box_costs_nothing(self):
        task = tasks.localization("place")
        truth = np.array([[0.2, 0.3, 0.8, 0.9]])
        raw = np.log(truth / (1 - truth))
        assert float(task.make_loss()(truth, raw)) == pytest.approx(0, abs=1e-5)
        (metric,) = task.make_metrics()
        metric.update_state(truth, decoded(task, raw))
        assert float(metric.result()) == pytest.approx(1.0, abs=1e-5)


class TestDetection:
    def test_declares_rows_of_boxes_and_classes(self):
        target = tasks.detection("things", 3, max_boxes=7).target
        assert (target.shape, target.filler) == ((7, 5), -1)
        assert (target.kind, target.num_classes) == ("boxes", 3)

    def test_decodes_a_dictionary(self):
        task = tasks.detection("things", 3, max_detections=6)
        found = decoded(task, np.zeros((2, 5, 8 + 3)))
        shapes = {key: value.shape for key, value in found.items()}
        assert shapes == {
            "boxes": (2, 6, 4),
            "scores": (2, 6),
            "classes": (2, 6),
            "count": (2,),
        }

    def test_reads_the_pyramid(self):
        head = tasks.detection("things", 3, channels=4, depth=1).make_head()
        assert head.view == "pyramid"
        outputs = head({"P3": np.ones((1, 2, 2, 4), "float32")})
        assert tuple(outputs.shape) == (1, 4, 11)


class TestSegmentation:
    def test_decodes_class_ids(self):
        raw = np.zeros((1, 1, 2, 3))
        raw[0, 0, 0, 2] = raw[0, 0, 1, 1] = 5.0
        found = decoded(tasks.segmentation("mask", 3), raw)
        np.testing.assert_array_equal(found, [[[[2], [1]]]])

    def test_ignored_class_counts_in_neither_loss_nor_metric(self):
        task = tasks.segmentation("mask", 3, ignore_class=255)
        assert task.make_loss().ignore_class == 255
        (metric,) = task.make_metrics()
        assert (metric.num_classes, metric.ignore_class) == (3, 255)


class TestDepth:
    def test_decodes_the_exponential(self):
        found = decoded(tasks.depth("far"), [[[[0.0], [np.log(3.0)]]]])
        np.testing.assert_allclose(found, [[[[1.0], [3.0]]]], rtol=1e-5)

    def test_a_right_depth_costs_nothing(self):
        task = tasks.depth("far")
        truth = np.array([2.0, 0.0, 5.0, np.nan]).reshape(1, 2, 2, 1)
        raw = np.log([2.0, 9.0, 5.0, 9.0]).reshape(1, 2, 2, 1)
        assert float(task.make_loss()(truth, raw)) == pytest.approx(0, abs=1e-9)
        values = {}
        for metric in task.make_metrics():
            metric.update_state(truth, decoded(task, raw))
            values[metric.name] = round(float(metric.result()), 5)
        assert values == {"abs_rel": 0.0, "rmse": 0.0, "delta": 1.0}

    def test_the_share_of_scale_reaches_the_loss(self):
        loss = tasks.depth("far", scale_invariance=0.9).make_loss()
        assert loss.scale_invariance == 0.9


class TestTagging:
    def test_declares_a_class_per_token(self):
        target = tasks.tagging("part", 17, max_tokens=9).target
        assert (target.kind, target.shape, target.filler) == ("tags", (9,), -1)

    def test_reads_the_tokens(self):
        head = tasks.tagging("part", 5, hidden_units=(7,)).make_head()
        assert (head.view, head.units, head.hidden_units) == ("tokens", 5, (7,))

    def test_decodes_class_ids(self):
        found = decoded(tasks.tagging("part", 2), [[[0, 1], [1, 0]]])
        np.testing.assert_array_equal(found, [[1, 0]])

    def test_one_class_is_explained(self):
        with pytest.raises(ValueError, match="`num_classes` of tagging.*Rec"):
            tasks.tagging("part", 1)


class TestAlignment:
    def test_decodes_vectors_of_length_one(self):
        found = decoded(tasks.alignment("match"), np.full((2, 2, 16), 3.0))
        np.testing.assert_allclose(found, np.full((2, 2, 16), 0.25), rtol=1e-5)

    def test_reads_the_modalities_it_names(self):
        task = tasks.alignment("match", ("a", "b", "c"), units=4)
        head = task.make_head()
        assert head.view == "modalities"
        vectors = {name: np.ones((2, 3), "float32") for name in "abcd"}
        assert tuple(head(vectors).shape) == (2, 3, 4)

    def test_unknown_loss_is_explained(self):
        with pytest.raises(ValueError, match="`loss`.*info_nce.*Received.*own"):
            tasks.alignment("match", loss="triplet")


@pytest.mark.parametrize(
    "make", ["classification", "multi_label", "regression"]
)
class TestView:
    def test_vector_or_pyramid(self, make):
        constructor = getattr(tasks, make)
        assert constructor("a", 3).make_head().view == "vector"
        task = constructor("a", 3, view="pyramid")
        assert task.make_head().view == "pyramid"

    def test_levels_are_those_of_a_pyramid(self, make):
        constructor = getattr(tasks, make)
        task = constructor("a", 3, view="pyramid", levels=("P2", "P3"))
        assert task.make_head().levels == ("P2", "P3")
        with pytest.raises(ValueError, match="`levels`.*Received.*no levels"):
            constructor("a", 3, levels=("P2",))

    def test_unknown_view_is_explained(self, make):
        with pytest.raises(ValueError, match="`view`.*Received.*Choose"):
            getattr(tasks, make)("a", 3, view="tokens")


@pytest.mark.parametrize(
    "make, arguments",
    [
        ("alignment", ()),
        ("classification", (3,)),
        ("depth", ()),
        ("detection", (3,)),
        ("localization", ()),
        ("multi_label", (3,)),
        ("regression", ()),
        ("segmentation", (3,)),
        ("tagging", (3,)),
    ],
)
def test_every_kind_takes_a_feature_and_a_weight(make, arguments):
    task = getattr(tasks, make)("a", *arguments, feature="b", weight=0.25)
    assert task.weight == 0.25 and task.target.feature == "b"
    assert getattr(tasks, make)("a", *arguments).target.feature is None
