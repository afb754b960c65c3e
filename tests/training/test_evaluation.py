"""Everything that is measured of a model, in one dictionary."""

import math

import numpy as np

from mm_keras import data
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks
from mm_keras import training

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3))


def test_average_precision_joins_losses_and_metrics():
    declared = [
        tasks.detection("things", 2, max_boxes=1, channels=4, depth=1),
        tasks.multi_label("present", 2),
    ]
    encoder = encoders.convnet((16, 16, 3), (4, 4))
    model = models.hard_sharing({"image": encoder}, declared)
    targets = {
        "things": np.array([[[0, 0, 1, 1, 0.0]], [[-1.0] * 5]], "float32"),
        "present": np.array([[1.0, 0.0], [0.0, 0.0]]),
    }
    dataset = data.from_arrays({"image": IMAGES}, targets, tasks=declared)
    scores = training.evaluate(model, dataset)
    assert set(scores) == {
        *("loss", "things_loss", "present_loss", "present_f1"),
        *("things_ap", "things_ap50", "things_ap75"),
    }
    assert all(type(value) is float for value in scores.values())
    expected = model.evaluate(dataset, verbose=0, return_dict=True)
    assert math.isclose(scores["loss"], expected["loss"], rel_tol=1e-6)
