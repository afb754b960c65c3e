"""Two replicas give the step of one device."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, halves)

import mm_keras
from mm_keras import balancing, encoders, tasks

make = {
    "none": lambda: None,
    "uncertainty": lambda: "uncertainty",
    "pcgrad": lambda: balancing.PCGrad(seed=0),
    "features": lambda: balancing.PCGrad(seed=0, level="features"),
    "rarely": lambda: balancing.PCGrad(seed=0, update_every=2),
}[sys.argv[1]]
rng = np.random.default_rng(0)
x = {"table": rng.normal(size=(32, 6)).astype("float32")}
y = {
    "kind": rng.integers(0, 3, 32),
    "price": rng.normal(size=(32, 1)).astype("float32"),
}


def train(scope):
    with scope:
        keras.utils.set_random_seed(1)
        model = mm_keras.models.hard_sharing(
            {"table": encoders.mlp((6,), units=(8, 8), activation="tanh")},
            [tasks.classification("kind", 3), tasks.regression("price")],
            optimizer=keras.optimizers.SGD(0.1),
            balancing=make(),
        )
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
        logs = model.fit(data, epochs=2, verbose=0).history
    return logs, model.get_weights()


two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert two.num_replicas_in_sync == 2
logs, weights = train(two.scope())
expected_logs, expected = train(tf.distribute.get_strategy().scope())
for a, b in zip(weights, expected, strict=True):
    np.testing.assert_allclose(a, b, atol=1e-5)
for name, value in expected_logs.items():
    np.testing.assert_allclose(logs[name], value, rtol=1e-4, err_msg=name)
print("equal")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "strategy", ["none", "uncertainty", "pcgrad", "features", "rarely"]
)
def test_two_replicas_equal_one(strategy):
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, strategy],
        capture_output=True,
        text=True,
    )
    assert result.stdout.endswith("equal\n"), result.stderr[-3000:]
