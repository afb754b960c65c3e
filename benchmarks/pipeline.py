"""What it costs to make augmented batches out of JPEG files.

1. Images per second: 640 x 480 JPEG files with 20 boxes to augmented
   224 x 224 batches, against the plainest correct `tf.data` map and against
   the layers of Keras, applied to each picture (`other_pipelines.py`); and
   against what training ResNet18 at that size consumes.
2. Memory of the process after each epoch.
"""

import argparse
import os
import pathlib
import tempfile

import numpy as np
import other_pipelines
import tensorflow as tf
import timing

import mm_keras
from mm_keras.data import pipeline

HEIGHT, WIDTH, SIZE = 480, 640, 224
BOXES, CLASSES, BATCH_SIZE = 20, 10, 32
FASTER = 1.5
GROWTH = 1.05
TASKS = [mm_keras.tasks.detection("objects", CLASSES, max_boxes=BOXES)]
NAMES = {
    "ours": "`mm_keras.data`",
    "plain": "plain `tf.data` map",
    "joined": "the same, its moves joined by hand to one",
    "layers": "layers of Keras",
    "training": "ResNet18, training",
}


def write_files(folder, count):
    """Writes pictures, all different; returns their paths.

    They are parts of the two photographs of scikit-learn, in other colours.
    """
    from sklearn import datasets

    photos = datasets.load_sample_images().images
    rng = np.random.default_rng(0)
    paths = [pathlib.Path(folder) / f"{number}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        top, left = rng.integers(0, 60), rng.integers(0, 120)
        part = photos[number % 2][top : top + 360, left : left + 480]
        part = part * rng.uniform(0.7, 1.0, 3)
        picture = tf.cast(tf.image.resize(part, (HEIGHT, WIDTH)), tf.uint8)
        path.write_bytes(tf.io.encode_jpeg(picture, quality=90).numpy())
    return [str(path) for path in paths]


def draw_boxes(count):
    """Returns boxes `(count, 20, 4)` and their labels `(count, 20)`."""
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 0.7, (count, BOXES, 2))
    high = low + rng.uniform(0.05, 0.3, (count, BOXES, 2))
    boxes = np.concatenate([low, high], axis=-1).astype("float32")
    return boxes, rng.integers(0, CLASSES, (count, BOXES))


def ours(paths, boxes, labels, *, shuffle=False, cache=False):
    """Returns the batches of `mm_keras.data`."""
    objects = {"bbox": boxes, "label": labels}
    examples = tf.data.Dataset.from_tensor_slices(
        ({"image": paths}, {"objects": objects})
    )
    return pipeline.batches(
        examples,
        "pictures",
        tasks=TASKS,
        batch_size=BATCH_SIZE,
        image_size=(SIZE, SIZE),
        augment=mm_keras.data.Augmentation(**other_pipelines.SETTINGS),
        shuffle=shuffle,
        cache=cache,
        seed=0,
        paths=("image",),
    )


def read_all(dataset):
    """Returns a function that reads a data set to its end."""

    def run():
        for _ in dataset:
            pass

    return run


def training(steps):
    """Returns a block that trains ResNet18 on pictures in memory."""
    image = mm_keras.encoders.resnet(18, (SIZE, SIZE, 3))
    tasks = [mm_keras.tasks.classification("label", CLASSES)]
    model = mm_keras.models.hard_sharing({"image": image}, tasks)
    rng = np.random.default_rng(0)
    batch = (
        {"image": rng.integers(0, 256, (BATCH_SIZE, SIZE, SIZE, 3), "uint8")},
        {"label": rng.integers(0, CLASSES, BATCH_SIZE)},
    )
    dataset = tf.data.Dataset.from_tensors(batch).repeat(steps)
    return timing.timed(lambda: model.fit(dataset, verbose=0))


def measure(paths, steps, rounds):
    """Returns seconds per picture of each way, and of training."""
    labels = draw_boxes(len(paths))
    options = {"size": SIZE, "batch_size": BATCH_SIZE}
    datasets = {
        "ours": ours(paths, *labels),
        "plain": other_pipelines.plain(paths, *labels, **options),
        "joined": other_pipelines.plain(paths, *labels, **options, join=True),
        "layers": other_pipelines.layers(paths, *labels, **options),
    }
    blocks = {n: timing.timed(read_all(d)) for n, d in datasets.items()}
    blocks["training"] = training(steps)
    seconds = timing.interleave(blocks, rounds)
    counts = dict.fromkeys(datasets, len(paths))
    counts["training"] = steps * BATCH_SIZE
    return {
        name: timing.Seconds(taken.wall / count, taken.cpu / count)
        for (name, count), taken in zip(
            counts.items(), seconds.values(), strict=True
        )
    }


def speed_table(seconds):
    """Returns the table of images per second."""
    rows = [
        [label, f"{1 / np.median(seconds[name].wall):.0f}"]
        + ratios(name, seconds[name], seconds["ours"])
        for name, label in NAMES.items()
    ]
    columns = ["", "images/s", "ours, wall ratio", "ours, CPU ratio"]
    title = f"{WIDTH} x {HEIGHT} JPEG files to {SIZE} x {SIZE} batches"
    return (
        timing.table(title, columns, rows)
        + f"\nTarget: at least {FASTER} times the images of each, but not of "
        "the map that is joined by hand.\n"
    )


def ratios(name, theirs, mine):
    """Returns how many of our pictures come to one of theirs, as texts."""
    if name == "ours":
        return ["", ""]
    found = [
        timing.ratio(theirs.wall, mine.wall),
        timing.ratio(theirs.cpu, mine.cpu),
    ]
    if name == "joined":
        return [ratio.text() for ratio in found]
    return [timing.held(r, at_least=FASTER, digits=2) for r in found]


def resident_megabytes():
    """Memory that the process holds now; Linux says it in pages."""
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_table(paths, images, epochs):
    """Returns the table of memory, epoch by epoch."""
    repeated = [paths[number % len(paths)] for number in range(images)]
    dataset = ours(repeated, *draw_boxes(images), shuffle=True, cache=None)
    held = []
    for _ in range(epochs):
        read_all(dataset)()
        held.append(resident_megabytes())
    growth = held[-1] / held[1]
    verdict = "met" if growth <= GROWTH else "missed"
    columns = [f"epoch {number}" for number in range(1, epochs + 1)]
    rows = [[f"{value:.0f}" for value in held]]
    title = f"Megabytes after each epoch of {images:,} pictures"
    return timing.table(title, columns, rows) + (
        f"\nFrom the second epoch to the last: {growth:.3f}, {verdict}. "
        f"Target: at most {GROWTH}.\n"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few pictures")
    parser.add_argument(
        "--images",
        type=int,
        default=500,
        help="pictures in an epoch of the table of memory (500)",
    )
    options = parser.parse_args(arguments)
    files, steps, rounds = (BATCH_SIZE, 1, 2) if options.quick else (256, 1, 20)
    images, epochs = (BATCH_SIZE, 3) if options.quick else (options.images, 10)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(folder, files)
        print(memory_table(paths, images, epochs))
        print(speed_table(measure(paths, steps, rounds)))


if __name__ == "__main__":
    main()
