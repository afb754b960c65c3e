"""What one network reaches on photographs of blood cells, from random weights.

It finds cells of three kinds (red, white, platelets), says which kinds are
there, and counts each, on the official split of 205, 87 and 72 pictures. The
folder is in the layout of PASCAL VOC: `bccd` in `MM_KERAS_DATA`, or the path of
`--data`. The weights of the epoch that was best on the validation split are
scored on the test split.
"""

import argparse
import os
import pathlib
import tempfile
import time

import keras
import numpy as np
import timing

import mm_keras
from mm_keras.zoo.digit_scenes import adamw

DATA = pathlib.Path(__file__).parents[2] / "shared" / "data"
CLASSES = ("RBC", "WBC", "Platelets")
SIZE = (256, 320)
BATCH_SIZE = 8
EPOCHS = 40
STEPS_PER_EPOCH = 205 // BATCH_SIZE
AIM, STRETCH = 0.70, 0.85
AUGMENT = mm_keras.data.Augmentation(
    horizontal_flip=0.5,
    vertical_flip=0.5,
    brightness=0.2,
    contrast=0.2,
    saturation=0.3,
    hue=10,
)


def make_tasks():
    """Returns three tasks on one picture."""
    levels = ("P2", "P3", "P4")
    return [
        mm_keras.tasks.detection(
            "objects", 3, max_boxes=40, channels=48, levels=levels, weight=2.5
        ),
        mm_keras.tasks.multi_label(
            "labels", 3, view="pyramid", levels=levels, weight=0.5
        ),
        mm_keras.tasks.regression(
            "counts",
            3,
            view="pyramid",
            levels=levels,
            decode=mm_keras.layers.WholeNumber(),
            weight=0.5,
        ),
    ]


def make_model(steps):
    """Returns a network of about a million parameters."""
    image = mm_keras.encoders.resnet(
        (1, 2, 2, 2),
        (*SIZE, 3),
        width=16,
        levels=("P2", "P3", "P4"),
        pyramid_channels=48,
    )
    return mm_keras.models.hard_sharing(
        {"image": image}, make_tasks(), optimizer=adamw(4e-3, steps)
    )


def load(split, model, options, **more):
    """Returns a split of the folder for the tasks of the model."""
    dataset = mm_keras.data.from_voc(
        options.data,
        split,
        tasks=model.tasks,
        classes=CLASSES,
        image_size=SIZE,
        batch_size=BATCH_SIZE,
        on_fault="skip",
        **more,
    )
    return dataset.take(2) if options.quick else dataset


def train(model, options, path):
    """Trains; leaves the weights that were best on the validation split."""
    validation = load("val", model, options)
    training = load(
        "train", model, options, augment=AUGMENT, drop_remainder=True
    )
    best = keras.callbacks.ModelCheckpoint(
        path,
        "val_objects_ap50",
        mode="max",
        save_best_only=True,
        save_weights_only=True,
    )
    every = max(1, options.epochs // 10)
    model.fit(
        training.repeat(),
        steps_per_epoch=every * int(training.cardinality()),
        epochs=options.epochs // every,
        validation_data=validation,
        callbacks=[mm_keras.training.AveragePrecision(validation), best],
        verbose=2,
    )
    model.load_weights(path)


def scores(model, dataset):
    """Returns AP50 and the error of the count by class, and the labels' F1."""
    serving = mm_keras.serving_model(model)
    truth, found = [], []
    for inputs, targets, _ in dataset:
        truth.append({k: np.asarray(v) for k, v in targets.items()})
        found.append(serving.predict_on_batch(inputs))
    truth = {k: np.concatenate([t[k] for t in truth]) for k in truth[0]}
    found = {k: np.concatenate([f[k] for f in found]) for k in found[0]}
    detections = {
        key: found[f"objects_{key}"] for key in ("boxes", "scores", "classes")
    }
    precision = mm_keras.detection.average_precision(
        truth["objects"], detections, num_classes=len(CLASSES)
    )
    error = np.abs(found["counts"] - truth["counts"]).mean(axis=0).tolist()
    f1 = keras.metrics.F1Score(average="macro", threshold=0.5)
    f1.update_state(truth["labels"], found["labels"])
    return {
        "AP50": precision["ap50"],
        **{
            f"AP50 {name}": value
            for name, value in zip(
                CLASSES, precision["ap50_per_class"], strict=True
            )
        },
        "AP": precision["ap"],
        **{
            f"count error {name}": value
            for name, value in zip(CLASSES, error, strict=True)
        },
        "F1 of what is there": float(f1.result()),
    }


def run_seed(seed, options):
    """Trains from one seed; returns the scores on the test split."""
    keras.utils.set_random_seed(seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        model = make_model(options.epochs * STEPS_PER_EPOCH)
        train(model, options, f"{folder}/best.weights.h5")
    reached = scores(model, load("test", model, options))
    minutes = (time.monotonic() - started) / 60
    print(f"seed {seed}: {reached}", flush=True)
    return {**reached, "minutes": minutes}


def report(runs):
    """Returns the table of scores, a list of dictionaries with one per seed."""
    rows = []
    for name in runs[0]:
        values = np.array([run[name] for run in runs])
        deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
        each = ", ".join(f"{value:.3f}" for value in values)
        mean = f"{np.mean(values):.3f} ± {deviation:.3f}"
        rows.append([name, mean, each])
    title = f"Blood cells, test split, {len(runs)} seed(s)"
    return timing.table(title, ["", "mean", "each seed"], rows)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two batches")
    parser.add_argument("--epochs", type=int, default=EPOCHS, metavar="N")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--data", default=default_data(), metavar="FOLDER")
    options = parser.parse_args(arguments)
    if options.quick:
        options.epochs, options.seeds = 1, 1
    runs = [run_seed(seed, options) for seed in range(options.seeds)]
    print(report(runs))
    print(f"Aim: AP50 of {AIM}, stretch {STRETCH}.")


def default_data():
    """Returns the folder of the blood cells."""
    return pathlib.Path(os.environ.get("MM_KERAS_DATA", DATA)) / "bccd"


if __name__ == "__main__":
    main()
