"""How long `mm-keras check-data` takes on pictures with boxes.

JPEG pictures of 640 x 480, pieces of scikit-learn's two photographs, with 20
boxes each in COCO's format, in two splits. Every run is a process of its own,
from reading the files to the report.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import tensorflow as tf
import timing
from sklearn import datasets

SIZE = (480, 640)
BOXES = 20
CLASSES = 10
TARGET = 60
SCRIPT = "import sys; from mm_keras_cli import main; sys.exit(main())"


def make_files(folder, images):
    """Writes pictures and annotations, a tenth of them for testing."""
    rng = np.random.default_rng(0)
    # Each split has a photograph of its own: pieces may be near copies.
    photographs = datasets.load_sample_images().images
    counts = {"train": images * 9 // 10, "test": images // 10}
    for (split, count), photograph in zip(
        counts.items(), photographs, strict=True
    ):
        large = tf.image.resize(photograph, (2 * SIZE[0], 2 * SIZE[1])).numpy()
        (folder / split).mkdir()
        for number in range(count):
            write_picture(folder / split / f"{number}.jpg", large, rng)
        annotated = json.dumps(annotations(count, rng))
        (folder / f"{split}.json").write_text(annotated)


def write_picture(path, photograph, rng):
    """Writes a piece of a photograph, a little brighter or darker."""
    top, left = rng.integers(SIZE[0]), rng.integers(SIZE[1])
    piece = photograph[top : top + SIZE[0], left : left + SIZE[1]]
    piece = np.clip(piece * rng.uniform(0.7, 1.1), 0, 255).astype("uint8")
    path.write_bytes(tf.io.encode_jpeg(piece, quality=85).numpy())


def annotations(count, rng):
    """Returns what COCO's format says of pictures with random boxes."""
    height, width = SIZE
    sides = rng.integers(20, 200, (count * BOXES, 2))
    starts = rng.uniform(size=sides.shape) * (np.array([width, height]) - sides)
    return {
        "images": [
            {"id": i, "file_name": f"{i}.jpg", "height": height, "width": width}
            for i in range(count)
        ],
        "annotations": [
            {
                "id": i,
                "image_id": i // BOXES,
                "category_id": int(rng.integers(CLASSES)),
                "bbox": [*start.round(1).tolist(), *side.tolist()],
                "area": int(side.prod()),
                "iscrowd": 0,
            }
            for i, (start, side) in enumerate(zip(starts, sides, strict=True))
        ],
        "categories": [{"id": i, "name": f"{i}"} for i in range(CLASSES)],
    }


def check(folder):
    """Runs the command; raises unless it finds no fault."""
    command = [
        *("check-data", folder / "{split}.json"),
        *("--images", folder / "{split}"),
        *("--split", "train", "--split", "test"),
        *("--task", "detection:objects"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, command)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ValueError(
            "The command was expected to find no fault. Received: "
            f"{done.stdout[-500:]}{done.stderr[-500:]}"
        )


def cpu_of_children():
    """Seconds of all processor cores of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(seconds, images):
    """Returns the table of what `timing.interleave` measured."""
    wall, cpu = timing.median(seconds.wall), timing.median(seconds.cpu)
    rows = [
        [
            f"{images:,}",
            f"{timing.held(wall, at_most=TARGET, digits=1)}",
            cpu.text(1),
            f"{1000 * wall.middle / images:.1f} ms",
        ]
    ]
    columns = ["pictures", "wall, s", "CPU, s", "wall of one"]
    return (
        timing.table(
            f"`mm-keras check-data`, {BOXES} boxes a picture", columns, rows
        )
        + f"\nTarget: at most {TARGET} s for 5,000 pictures on two cores.\n"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 pictures")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    options = parser.parse_args(arguments)
    images, rounds = (20, 1) if options.quick else (5000, options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        make_files(folder, images)
        block = timing.timed(
            lambda: check(folder), (time.perf_counter, cpu_of_children)
        )
        seconds = timing.interleave({"check": block}, rounds, warmup=0)
    print(report(seconds["check"], images))


if __name__ == "__main__":
    main()
