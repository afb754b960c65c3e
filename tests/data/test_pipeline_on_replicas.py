"""Two replicas share what one device reads."""

import subprocess
import sys

import pytest

SCRIPT = """
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, halves)

import mm_keras
from mm_keras import data, encoders, tasks
from mm_keras.data import pipeline

rng = np.random.default_rng(0)
pictures = rng.integers(0, 256, (16, 20, 24, 3), "uint8")
encoded = [tf.io.encode_jpeg(picture).numpy() for picture in pictures]
boxes = np.tile(np.array([[[0.2, 0.2, 0.6, 0.7]]], "float32"), (16, 1, 1))
features = {
    "things": {"bbox": boxes, "label": np.zeros((16, 1), "int64")},
    "number": np.arange(16, dtype="float32") / 16,
}
source = tf.data.Dataset.from_tensor_slices(({"image": encoded}, features))
task = tasks.regression("number")


def load(**options):
    return pipeline.batches(
        source,
        "numbers",
        tasks=[task],
        batch_size=8,
        image_size=(16, 16),
        augment=data.Augmentation(rotation=20, brightness=0.3),
        shuffle=True,
        seed=3,
        pictures=("image",),
        **options,
    )


def build():
    keras.utils.set_random_seed(1)
    image = encoders.convnet((16, 16, 3))
    return mm_keras.models.hard_sharing(
        {"image": image}, [task], optimizer=keras.optimizers.SGD(0.01)
    )


def train(scope, dataset, first=0, weights=None):
    with scope:
        model = build()
        if weights is not None:
            model.set_weights(weights)
        model.fit(dataset, initial_epoch=first, epochs=4, verbose=0)
    return model.get_weights()


two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert two.num_replicas_in_sync == 2
with two.scope():
    begun = build()
    begun.fit(load(), epochs=2, verbose=0)
one = tf.distribute.get_strategy()
# Under a strategy Keras reads one batch before it begins: an epoch of its own.
expected = train(one.scope(), load(first_epoch=1))
got = train(two.scope(), load())
resumed = train(two.scope(), load(first_epoch=2), 2, begun.get_weights())
for a, b, c in zip(expected, got, resumed, strict=True):
    np.testing.assert_allclose(b, a, atol=1e-5)
    np.testing.assert_allclose(c, a, atol=1e-5)
print("equal")
"""


@pytest.mark.slow
def test_two_replicas_are_trained_like_one_device():
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True
    )
    assert result.stdout.endswith("equal\n"), result.stderr[-3000:]
