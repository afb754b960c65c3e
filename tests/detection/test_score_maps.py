import numpy as np
import pytest

from mm_keras import detection
from mm_keras.detection import layout


def test_every_score_is_back_in_its_cell():
    rng = np.random.default_rng(0)
    pyramid = {
        "P10": rng.normal(size=(2, 1, 2, 4)).astype("float32"),
        "P9": rng.normal(size=(2, 2, 4, 4)).astype("float32"),
    }
    head = detection.DetectionHead(3, channels=4, depth=1)
    outputs = np.asarray(head(pyramid))
    maps = detection.ScoreMaps()(outputs, pyramid)
    parts = layout.split(outputs)
    for location in range(10):
        y, x = np.asarray(parts.centers[0, location])
        stride = float(parts.strides[0, location])
        level = {512.0: "P9", 1024.0: "P10"}[stride]
        classes = 1 / (1 + np.exp(-np.asarray(parts.class_logits)))
        quality = 1 / (1 + np.exp(-np.asarray(parts.quality)))
        np.testing.assert_allclose(
            maps[level][:, int(y / stride), int(x / stride)],
            np.sqrt(classes * quality[..., None])[:, location],
            rtol=1e-5,
        )


def test_levels_that_are_not_there_are_explained():
    outputs, pyramid = np.zeros((1, 4, 9)), {"P3": np.zeros((1, 2, 2, 4))}
    with pytest.raises(ValueError, match=r"expects the levels.*Received"):
        detection.ScoreMaps(levels=("P4",))(outputs, pyramid)
