"""One small example of every public symbol, for the conformance tests.

Keys are `"<module>.<symbol>"`; values are functions, so that every check gets
an example of its own, made under the policy of the moment.
"""

import functools

import keras
import numpy as np
from keras import ops

from mm_keras import balancing
from mm_keras import detection
from mm_keras import layers
from mm_keras import losses
from mm_keras import metrics

BATCH = 3
ROWS = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], "float32")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def vectors():
    return {"image": normal(BATCH, 4, seed=1), "text": normal(BATCH, 4, seed=2)}


def present():
    return {"image": np.array([1.0, 0.0, 1.0], "float32")}


def pyramid():
    return {
        "P2": normal(BATCH, 4, 4, 6, seed=1),
        "P3": normal(BATCH, 2, 2, 6, seed=2),
    }


def feature_maps():
    """Features of the same place in the networks of three tasks."""
    names = ("mask", "depth", "kind")
    return {n: normal(BATCH, 2, 2, 4, seed=i) for i, n in enumerate(names)}


def pixels():
    """Three numbers per pixel, for pictures of 16 pixels."""
    return normal(BATCH, 16, 16, 3, seed=3)


def points():
    """Two points, one of which is not visible in the second picture."""
    y_true = np.random.default_rng(4).uniform(size=(BATCH, 2, 2))
    y_true[1, 0] = np.nan
    return y_true.astype("float32")


def tokens():
    """Three tokens, one, and none."""
    mask = np.arange(4) < np.array([[3], [1], [0]])
    return {"tokens": normal(BATCH, 4, 5), "tokens_mask": mask}


def depths():
    """Depths with unknown pixels, and a picture that has none."""
    depth = np.exp(normal(BATCH, 2, 2, 1, seed=3))
    depth[0, 0] = np.nan
    depth[2, 1, 1] = 0.0
    return depth


@functools.cache
def raw_detections():
    """Output of a detection head of 3 classes, with some confident rows."""
    head = detection.DetectionHead(3, channels=4, depth=1, dtype="float32")
    outputs = ops.convert_to_numpy(head(pyramid())).copy()
    outputs[:, ::4, 8:] = 2.0
    return outputs


def boxes():
    """Targets: two boxes, one box and an image without objects."""
    rows = np.full((BATCH, 2, 5), -1.0, "float32")
    rows[0] = [[0.1, 0.1, 0.6, 0.5, 2], [0.5, 0.4, 0.9, 1.0, 0]]
    rows[1, 0] = [0.0, 0.3, 1.0, 0.8, 1]
    return rows


@keras.saving.register_keras_serializable(package=__name__)
class Total(layers.FusionLayer):
    """The smallest fusion: a sum."""

    def fuse(self, vectors, present):
        return sum(vectors.values())

    def fused_width(self, widths):
        return next(iter(widths.values()))


@keras.saving.register_keras_serializable(package=__name__)
class Average(layers.ExpertMixture):
    """The smallest mixture: all experts count the same."""

    def gate(self, inputs):
        gate = ops.ones_like(inputs[:, :1]) / self.num_experts
        return ops.repeat(gate, self.num_experts, axis=1)


@keras.saving.register_keras_serializable(package=__name__)
class Linear(layers.Experts):
    """The smallest experts: each is one product with a matrix."""

    def make_layer(self, width, name):
        return keras.layers.Dense(
            width, use_bias=False, dtype=self.dtype_policy, name=name
        )


@keras.saving.register_keras_serializable(package=__name__)
class SquaredError(losses.PerExampleLoss):
    """The smallest loss: one squared error per example."""

    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


@keras.saving.register_keras_serializable(package=__name__)
class Sum(balancing.LossBalancing):
    """The smallest strategy over losses."""

    def build(self, losses_shape):
        pass

    def call(self, losses):
        return ops.sum(losses)


@keras.saving.register_keras_serializable(package=__name__)
class SumOfGradients(balancing.GradientBalancing):
    """The smallest strategy over gradients."""

    def build(self, gradients_shape, losses_shape=None):
        pass

    def call(self, gradients, losses=None):
        return ops.sum(gradients, axis=0)


@keras.saving.register_keras_serializable(package=__name__)
class Ones(balancing.GramianBalancing):
    """The smallest strategy over inner products."""

    def task_weights(self, gramian, losses=None):
        return ops.ones_like(gramian[0])


# The layer and the arguments to call it on.
LAYERS = {
    "layers.AlignmentHead": lambda: (layers.AlignmentHead(5), (vectors(),)),
    "layers.AttentionFusion": lambda: (
        layers.AttentionFusion(units=5, hidden_units=3),
        (vectors(), present()),
    ),
    "layers.Branching": lambda: (
        layers.Branching(3, seed=5),
        ([pyramid(), {k: -v for k, v in pyramid().items()}],),
    ),
    "layers.Concatenation": lambda: (
        layers.Concatenation(),
        (vectors(), present()),
    ),
    "layers.Conditioning": lambda: (
        layers.Conditioning(5, kernel_initializer="glorot_uniform"),
        (pyramid(), {"kind": vectors()["image"]}, {"mask": pixels()}),
    ),
    "layers.ContrastiveLoss": lambda: (
        layers.ContrastiveLoss(weight=0.5),
        (vectors(), present()),
    ),
    "layers.CrossStitch": lambda: (
        layers.CrossStitch(0.7),
        (feature_maps(),),
    ),
    "layers.ConvolutionExperts": lambda: (
        layers.ConvolutionExperts(2, (5, 4)),
        (pyramid(),),
    ),
    "layers.DSelectK": lambda: (
        layers.DSelectK(2),
        (normal(BATCH, 6), normal(BATCH, 3, 8, seed=1)),
    ),
    "layers.DenseExperts": lambda: (
        layers.DenseExperts(3, (6, 5)),
        (normal(BATCH, 4),),
    ),
    "layers.ExpertMixture": lambda: (
        Average(),
        (normal(BATCH, 4), normal(BATCH, 3, 5)),
    ),
    "layers.Experts": lambda: (Linear(2, 5), (tokens()["tokens"],)),
    "layers.FusionLayer": lambda: (Total(), (vectors(), present())),
    "layers.GatedMixture": lambda: (
        layers.GatedMixture(kernel_initializer="glorot_uniform"),
        (normal(BATCH, 6), normal(BATCH, 4, 8, seed=1)),
    ),
    "layers.HighestClass": lambda: (
        layers.HighestClass(),
        (normal(BATCH, 4, 4, 3),),
    ),
    "layers.MapHead": lambda: (layers.MapHead(3, channels=4), (pyramid(),)),
    "layers.NDDR": lambda: (
        layers.NDDR(0.7, activation="tanh"),
        (feature_maps(),),
    ),
    "layers.PointDecoder": lambda: (
        layers.PointDecoder(),
        (normal(BATCH, 2, 3),),
    ),
    "layers.PointHead": lambda: (
        layers.PointHead(2, channels=4),
        (pyramid(),),
    ),
    "layers.PyramidVectorHead": lambda: (
        layers.PyramidVectorHead(8, hidden_units=(5,)),
        (pyramid(),),
    ),
    "layers.ResidualAdapter": lambda: (
        layers.ResidualAdapter(kernel_initializer="he_normal"),
        (pyramid(),),
    ),
    "layers.StageAttention": lambda: (
        layers.StageAttention(hidden_units=5),
        (normal(BATCH, 2, 2, 6), normal(BATCH, 4, 4, 3, seed=1)),
    ),
    "layers.StandIn": lambda: (
        layers.StandIn(initializer="ones"),
        (normal(BATCH, 2, 4), present()["image"]),
    ),
    "layers.StaticDSelectK": lambda: (
        layers.StaticDSelectK(2),
        (normal(BATCH, 6), normal(BATCH, 3, 8, seed=1)),
    ),
    "layers.TagDecoder": lambda: (
        layers.TagDecoder(),
        (np.where(np.arange(4)[:, None] < 2, normal(BATCH, 4, 3), -1e9),),
    ),
    "layers.TaskAttention": lambda: (
        layers.TaskAttention(hidden_units=5),
        (pyramid(),),
    ),
    "layers.TokenHead": lambda: (
        layers.TokenHead(3, hidden_units=(6,)),
        (tokens(),),
    ),
    "layers.UnitLength": lambda: (layers.UnitLength(), (normal(BATCH, 2, 4),)),
    "layers.VectorHead": lambda: (
        layers.VectorHead(3, hidden_units=(5,)),
        (normal(BATCH, 4),),
    ),
    "layers.ViewPooling": lambda: (layers.ViewPooling(), (tokens(),)),
    "layers.WholeNumber": lambda: (layers.WholeNumber(), (normal(BATCH, 2),)),
    "layers.fusion": lambda: (layers.fusion("attention"), (vectors(),)),
    "detection.BoxDecoder": lambda: (
        detection.BoxDecoder(),
        (normal(BATCH, 4),),
    ),
    "detection.DetectionDecoder": lambda: (
        detection.DetectionDecoder(max_detections=4, max_candidates=10),
        (raw_detections(),),
    ),
    "detection.ScoreMaps": lambda: (
        detection.ScoreMaps(levels=("P2", "P3")),
        (raw_detections(), pyramid()),
    ),
    "detection.DetectionHead": lambda: (
        detection.DetectionHead(3, channels=4, depth=1),
        (pyramid(),),
    ),
}

# The loss, targets and predictions.
LOSSES = {
    "losses.ClassCrossEntropy": lambda: (
        losses.ClassCrossEntropy(
            4, label_smoothing=0.1, class_weight={1: 2.0, 3: 0.5}
        ),
        np.array([1, 0, 3], "int32"),
        normal(BATCH, 4),
    ),
    "losses.InfoNCE": lambda: (
        losses.InfoNCE(),
        np.array([7, 5, 7], "int32"),
        normal(BATCH, 2, 4),
    ),
    "losses.MaskLoss": lambda: (
        losses.MaskLoss(dice_weight=0.7, ignore_class=255),
        np.array([0, 1, 2, 255] * BATCH, "int32").reshape(BATCH, 2, 2, 1),
        normal(BATCH, 2, 2, 3),
    ),
    "losses.PerExampleLoss": lambda: (
        SquaredError(),
        normal(BATCH, 2, seed=1),
        normal(BATCH, 2),
    ),
    "losses.PerExampleMean": lambda: (
        losses.PerExampleMean(keras.losses.Huber(delta=0.5)),
        normal(BATCH, 2, 2, seed=1),
        normal(BATCH, 2, 2),
    ),
    "losses.PointsLoss": lambda: (
        losses.PointsLoss(delta=0.1, visibility_weight=0.5),
        points(),
        normal(BATCH, 2, 3),
    ),
    "losses.ScaleInvariantLog": lambda: (
        losses.ScaleInvariantLog(scale_invariance=0.7),
        depths(),
        normal(BATCH, 2, 2, 1),
    ),
    "losses.TokenCrossEntropy": lambda: (
        losses.TokenCrossEntropy(),
        np.array([[2, 0, -1], [1, 1, 0], [2, -1, -1]], "int32"),
        normal(BATCH, 3, 3),
    ),
    "detection.DetectionLoss": lambda: (
        detection.DetectionLoss(box_weight=2.0),
        boxes(),
        raw_detections(),
    ),
    "detection.LocalizationLoss": lambda: (
        detection.LocalizationLoss(),
        np.array([[0.1, 0.2, 0.8, 0.7]] * BATCH, "float32"),
        normal(BATCH, 4),
    ),
}

# The metric, targets and what it is shown.
METRICS = {
    "metrics.AbsoluteRelativeError": lambda: (
        metrics.AbsoluteRelativeError(),
        depths(),
        np.exp(normal(BATCH, 2, 2, 1)),
    ),
    "metrics.DepthAccuracy": lambda: (
        metrics.DepthAccuracy(threshold=3.0),
        depths(),
        np.exp(normal(BATCH, 2, 2, 1)),
    ),
    "metrics.DepthRMSE": lambda: (
        metrics.DepthRMSE(),
        depths(),
        np.exp(normal(BATCH, 2, 2, 1)),
    ),
    "metrics.TokenAccuracy": lambda: (
        metrics.TokenAccuracy(),
        np.array([[2, 0, -1], [1, 1, 0], [2, -1, -1]], "int32"),
        np.array([[2, 1, 0], [1, 1, 0], [0, 0, -1]], "int32"),
    ),
    "metrics.Decoded": lambda: (
        metrics.Decoded(
            keras.metrics.F1Score(average="macro", threshold=0.5, name="f1"),
            decode=keras.layers.Activation("sigmoid"),
        ),
        np.array([[1, 0], [0, 1], [1, 1]], "float32"),
        np.array([[2, -1], [1, 3], [-1, 2]], "float32"),
    ),
    "metrics.MeanIoU": lambda: (
        metrics.MeanIoU(3, ignore_class=255),
        np.array([0, 1, 2, 255] * BATCH, "int32").reshape(BATCH, 2, 2, 1),
        np.array([0, 1, 1, 0, 2, 1, 2, 2, 0, 0, 0, 0], "int32").reshape(
            BATCH, 2, 2, 1
        ),
    ),
    "metrics.PointAccuracy": lambda: (
        metrics.PointAccuracy(threshold=0.3),
        points(),
        points()[::-1],
    ),
    "metrics.PointDistance": lambda: (
        metrics.PointDistance(),
        points(),
        normal(BATCH, 2, 2),
    ),
    "detection.BoxIoU": lambda: (
        detection.BoxIoU(),
        np.array([[0.1, 0.2, 0.8, 0.7]] * BATCH, "float32"),
        np.array(
            [[0.1, 0.2, 0.8, 0.7], [0.0, 0.2, 0.5, 0.5], [0.9, 0.9, 1, 1]],
            "float32",
        ),
    ),
}

# The strategy, called on losses or on the rows of `ROWS`.
STRATEGIES = {
    "balancing.Balancing": Sum,
    "balancing.Equal": balancing.Equal,
    "balancing.GradientBalancing": lambda: SumOfGradients(level="features"),
    "balancing.GramianBalancing": lambda: Ones(update_every=3),
    "balancing.LossBalancing": Sum,
    "balancing.PCGrad": lambda: balancing.PCGrad(seed=5, update_every=2),
    "balancing.Uncertainty": lambda: balancing.Uncertainty(
        initial_log_variance=0.5
    ),
    "balancing.get": lambda: balancing.get("pcgrad"),
}


def assigned():
    """One box of half the picture, on a level of 2 x 2 cells of 8 pixels."""
    centers = detection.layout.grid(2, 2, stride=8)[None]
    target = np.array([[[0.0, 0.0, 0.5, 0.5, 1], [-1] * 5]], "float32")
    size = np.array([[16.0, 16.0]], "float32")
    strides = np.full((1, 4), 8.0, "float32")
    return detection.assign(target, centers, strides, size).classes


def kept():
    """The second box lies in the first one; the third is of another class."""
    rows = np.array([[[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 0, 1, 1]]], "float32")
    classes = np.array([[1, 1, 0]], "int32")
    valid = np.array([[True, True, True]])
    return detection.non_max_suppression(rows, classes, valid)


def precision():
    """Every box is found, so precision is 1 wherever a class occurs."""
    truth = boxes()
    found = {
        "boxes": truth[..., :4],
        "scores": np.ones(truth.shape[:2]),
        "classes": truth[..., 4],
    }
    return detection.average_precision(truth, found, num_classes=3)["ap"]


def relative_improvement():
    """One score gains a tenth, the other one stays."""
    return metrics.relative_improvement(
        {"ap": 0.55, "error": 2.0},
        {"ap": 0.5, "error": 2.0},
        higher_is_better={"ap": True, "error": False},
    )


# What the function gives on a small example, and what it should give.
FUNCTIONS = {
    "detection.assign": lambda: (assigned(), np.array([[1, -1, -1, -1]])),
    "detection.average_precision": lambda: (precision(), 1.0),
    "detection.non_max_suppression": lambda: (
        kept(),
        np.array([[True, False, True]]),
    ),
    "metrics.relative_improvement": lambda: (relative_improvement(), -5.0),
}
