import keras
import numpy as np
import pytest
from keras import ops

from mm_keras import detection
from mm_keras.detection import assignment
from mm_keras.detection import layout


def grid_of(size=64, levels=(2, 3, 4)):
    """Centers `(locations, 2)` and strides `(locations,)` of a pyramid."""
    grids = [layout.grid(size >> k, size >> k, 2**k) for k in levels]
    strides = [np.full(len(g), 2.0**k) for g, k in zip(grids, levels)]  # noqa: B905
    centers = np.concatenate([ops.convert_to_numpy(g) for g in grids])
    return centers.astype("float32"), np.concatenate(strides).astype("float32")


def pad(*images, max_boxes=6):
    """Pads lists of rows `[ymin, xmin, ymax, xmax, class]` with -1."""
    truth = np.full((len(images), max_boxes, 5), -1.0, "float32")
    for image, rows in zip(truth, images, strict=True):
        if len(rows):
            image[: len(rows)] = rows
    return truth


def assign(truth, *, size=64, levels=(2, 3, 4), **options):
    """Assigns on a square pyramid; the result is NumPy."""
    centers, strides = grid_of(size, levels)
    batch = len(truth)
    result = detection.assign(
        ops.convert_to_tensor(truth),
        ops.convert_to_tensor(np.repeat(centers[None], batch, 0)),
        ops.convert_to_tensor(np.repeat(strides[None], batch, 0)),
        ops.full((batch, 2), float(size)),
        **options,
    )
    return type(result)(*(ops.convert_to_numpy(part) for part in result))


def perfect_output(truth, num_classes=10, size=64, levels=(2, 3, 4)):
    """Output of a head that makes no mistake on `truth`."""
    centers, strides = grid_of(size, levels)
    found = assign(truth, size=size, levels=levels)
    size = ops.convert_to_numpy(layout.picture_size(centers, strides))
    quality = ops.convert_to_numpy(
        assignment.centerness(found.boxes * np.tile(size, 2), centers)
    )
    quality = np.clip(quality.astype("float64"), 1e-9, 1 - 1e-9)
    logits = np.log(quality / (1 - quality))
    classes = np.eye(num_classes + 1)[found.classes][..., :num_classes]
    outputs = layout.join(
        layout.DetectionOutput(
            boxes=ops.convert_to_tensor(found.boxes),
            quality=ops.convert_to_tensor(logits),
            centers=centers,
            strides=strides,
            class_logits=ops.convert_to_tensor(40 * classes - 20),
        )
    )
    return ops.convert_to_numpy(outputs)


def random_output(batch=2, num_classes=10, size=64, seed=0):
    """Output of an untrained head on random features."""
    rng = np.random.default_rng(seed)
    features = {
        f"P{k}": rng.normal(size=(batch, size >> k, size >> k, 8))
        for k in (2, 3, 4)
    }
    head = detection.DetectionHead(num_classes, channels=8, depth=1)
    return ops.convert_to_numpy(head(features))


def random_truth(batch=2, max_boxes=6, num_classes=10, seed=0):
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.random((batch, max_boxes, 2, 2)), axis=2)
    boxes = corners.reshape(batch, max_boxes, 4)
    classes = rng.integers(num_classes, size=(batch, max_boxes, 1))
    return np.concatenate([boxes, classes], axis=-1).astype("float32")


def gradient(function, x):
    """Gradient of a function to a scalar, on any backend."""
    x = ops.convert_to_tensor(x)
    if keras.backend.backend() == "jax":
        import jax

        return np.array(jax.grad(function)(x))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).numpy()


@pytest.fixture
def make():
    """The helpers above, for tests."""

    class Make:
        pass

    for helper in (
        pad,
        assign,
        grid_of,
        perfect_output,
        random_output,
        random_truth,
        gradient,
    ):
        setattr(Make, helper.__name__, staticmethod(helper))
    return Make
