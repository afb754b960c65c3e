"""What a training step costs beside plain Keras, and beside PyTorch.

1. `fit` of a `MultiTaskModel` with one and with three tasks, against `fit` of
   the plain `keras.Model` of the same layers, losses and metrics.
2. Training images per second of ResNet18 at 32 px, against PyTorch
   (channels_last), where it is installed; see `--torch-python`.
"""

import argparse
import functools
import pathlib
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf
import timing

import mm_keras

BATCH_SIZE = 64
RESNET18 = (2, 2, 2, 2)
OVERHEAD = 1.03
THROUGHPUT = {"float32": 1.0, "bfloat16": 0.9}
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
WORKER = pathlib.Path(__file__).with_name("torch_resnet.py")


def all_tasks():
    """Returns three tasks, of which the first stands alone too."""
    return [
        mm_keras.tasks.classification("label", 10),
        mm_keras.tasks.multi_label("present", 10),
        mm_keras.tasks.regression("count"),
    ]


def batches(tasks, steps):
    """Returns a data set of random pictures, all labelled, in memory."""
    rng = np.random.default_rng(0)
    targets = {
        "label": rng.integers(0, 10, BATCH_SIZE),
        "present": rng.integers(0, 2, (BATCH_SIZE, 10)).astype("float32"),
        "count": rng.normal(size=(BATCH_SIZE, 1)).astype("float32"),
    }
    image = rng.uniform(0, 255, (BATCH_SIZE, 32, 32, 3)).astype("float32")
    weights = {task.name: np.ones(BATCH_SIZE, "float32") for task in tasks}
    batch = {"image": image}, {n: targets[n] for n in weights}, weights
    dataset = tf.data.Dataset.from_tensors(batch).cache()
    return dataset.repeat(steps).prefetch(2)


def fit_block(model, tasks, steps):
    """Returns a block that trains a number of steps."""
    dataset = batches(tasks, steps)
    fit = functools.partial(model.fit, dataset, shuffle=False, verbose=0)
    return timing.timed(fit)


def encoder(blocks, width):
    """Returns a ResNet for pictures of 32 pixels, ResNet18 for (2, 2, 2, 2)."""
    return mm_keras.encoders.resnet(
        blocks, (32, 32, 3), width=width, stem_stride=1
    )


def overhead_blocks(image, tasks, steps):
    """Returns `fit` of our model and of Keras' over the same layers."""
    ours = mm_keras.models.hard_sharing({"image": image}, tasks)
    plain = keras.Model(ours.input, ours.output)
    plain.compile("adam", **mm_keras.tasks.compile_args(tasks))
    return {
        "ours": fit_block(ours, tasks, steps),
        "plain": fit_block(plain, tasks, steps),
    }


def overhead_row(image, tasks, steps, rounds):
    """Measures one number of tasks; returns its row."""
    seconds = timing.interleave(overhead_blocks(image, tasks, steps), rounds)
    ours, plain = seconds["ours"], seconds["plain"]
    return [
        str(len(tasks)),
        timing.milliseconds(plain.wall, steps),
        timing.milliseconds(ours.wall, steps),
        timing.held(timing.ratio(ours.wall, plain.wall), at_most=OVERHEAD),
        timing.held(timing.ratio(ours.cpu, plain.cpu), at_most=OVERHEAD),
    ]


def overhead_table(blocks, width, steps, rounds):
    """Returns the table of `fit` against plain Keras."""
    tasks = all_tasks()
    rows = [
        overhead_row(encoder(blocks, width), chosen, steps, rounds)
        for chosen in (tasks[:1], tasks)
    ]
    columns = ["tasks", "Keras", "mm_keras", "wall ratio", "CPU ratio"]
    return (
        timing.table("Step of `fit` against plain Keras", columns, rows)
        + f"\nTarget: at most {OVERHEAD}.\n"
    )


def keras_block(dtype, blocks, width, steps):
    """Returns `fit` of a classifier under a policy."""
    tasks = all_tasks()[:1]
    keras.config.set_dtype_policy(POLICIES[dtype])
    model = mm_keras.models.hard_sharing(
        {"image": encoder(blocks, width)},
        tasks,
        optimizer=keras.optimizers.SGD(0.01, momentum=0.9),
    )
    keras.config.set_dtype_policy("float32")
    return fit_block(model, tasks, steps)


class Torch:
    """PyTorch in a process of its own; see `torch_resnet.py`.

    Args:
        python: The Python interpreter that has PyTorch.
        blocks: Number of blocks of each stage.
        width: Channels of the first stage.
    """

    def __init__(self, python, blocks, width):
        sizes = [str(size) for size in (BATCH_SIZE, width, *blocks)]
        self.process = subprocess.Popen(
            [python, str(WORKER), *sizes],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self.process.stdout.readline().removeprefix("ready")

    def block(self, dtype, steps):
        """Trains a number of steps; returns seconds of wall and processor."""
        self.process.stdin.write(f"{dtype} {steps}\n")
        self.process.stdin.flush()
        wall, cpu = self.process.stdout.readline().split()
        return float(wall), float(cpu)

    def close(self):
        """Ends the process."""
        self.process.communicate()


def throughput_row(dtype, seconds, steps):
    """Returns the row of one type, out of what was measured."""
    count = BATCH_SIZE * steps
    ours, target = seconds[f"keras {dtype}"], THROUGHPUT[dtype]
    row = [dtype, f"{count / np.median(ours.wall):.0f}"]
    if f"torch {dtype}" not in seconds:
        return [*row, "not installed", "", "", str(target)]
    torch = seconds[f"torch {dtype}"]
    # Images per second of ours over theirs: the inverse of the times.
    return [
        *row,
        f"{count / np.median(torch.wall):.0f}",
        timing.held(timing.ratio(torch.wall, ours.wall), at_least=target),
        timing.held(timing.ratio(torch.cpu, ours.cpu), at_least=target),
        str(target),
    ]


def throughput_table(python, blocks, width, steps, rounds):
    """Returns the table of images per second against PyTorch."""
    turns = {
        f"keras {dtype}": keras_block(dtype, blocks, width, steps)
        for dtype in POLICIES
    }
    torch = Torch(python, blocks, width)
    if torch.version:
        for dtype in POLICIES:
            block = functools.partial(torch.block, dtype, steps)
            turns[f"torch {dtype}"] = block
    seconds = timing.interleave(turns, rounds)
    torch.close()
    rows = [throughput_row(dtype, seconds, steps) for dtype in POLICIES]
    columns = ["", "mm_keras", "PyTorch", "wall ratio", "CPU ratio", "at least"]
    title = f"Images per second of ResNet18, beside PyTorch{torch.version}"
    return timing.table(title.rstrip(), columns, rows)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny networks")
    parser.add_argument(
        "--torch-python",
        default=sys.executable,
        metavar="PATH",
        help="Python interpreter that has PyTorch (this one)",
    )
    options = parser.parse_args(arguments)
    python = options.torch_python
    if options.quick:
        print(overhead_table((1,), width=4, steps=2, rounds=2))
        print(throughput_table(python, (1,), width=4, steps=1, rounds=2))
    else:
        print(overhead_table(RESNET18, width=16, steps=10, rounds=30))
        print(throughput_table(python, RESNET18, width=64, steps=3, rounds=20))


if __name__ == "__main__":
    main()
