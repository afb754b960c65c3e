"""What the fast path of a serving model costs on one image.

`predict_one` of `mm_keras.serving_model` against a bare `tf.function` of the
same layers, which gets a tensor that is ready, and against Keras' `predict`.
"""

import argparse

import keras
import numpy as np
import tensorflow as tf
import timing

import mm_keras

TARGET = 1.15


def make_blocks(model, calls):
    """Returns the three ways to ask a serving model, `calls` times each."""
    size = model.input["image"].shape[1:]
    image = np.random.default_rng(0).uniform(0, 255, size).astype("float32")
    batch = {"image": image[None]}
    ready = {"image": tf.constant(image[None])}
    # A plain Keras model over the same layers: nothing of ours is called.
    plain = keras.Model(model.input, model.output)
    bare = tf.function(lambda x: plain(x, training=False))
    ways = {
        "predict_one": lambda: model.predict_one({"image": image}),
        "bare": lambda: {k: v.numpy() for k, v in bare(ready).items()},
        "predict": lambda: plain.predict(batch, verbose=0),
    }
    check_agreement(ways)
    return {
        name: timing.timed(repeat(way, calls)) for name, way in ways.items()
    }


def check_agreement(ways):
    """Raises unless all ways give the same probabilities."""
    found = [np.ravel(way()["label"]) for way in ways.values()]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-5)


def repeat(work, times):
    """Returns a function that does `work` a number of times."""

    def run():
        for _ in range(times):
            work()

    return run


def report(seconds, calls, what):
    """Returns the table of what `timing.interleave` measured."""
    bare = seconds["bare"]
    names = {
        "bare": "bare `tf.function`",
        "predict_one": "`serving_model(model).predict_one`",
        "predict": "`keras.Model.predict`",
    }
    rows = []
    for name, label in names.items():
        wall = timing.ratio(seconds[name].wall, bare.wall)
        cpu = timing.ratio(seconds[name].cpu, bare.cpu)
        ratios = [wall.text(3), cpu.text(3)]
        if name == "predict_one":
            ratios = [timing.held(e, at_most=TARGET) for e in (wall, cpu)]
        taken = timing.milliseconds(seconds[name].wall, calls)
        rows.append([label, taken, *ratios])
    columns = ["one image", "wall", "wall / bare", "CPU / bare"]
    return (
        timing.table(f"Serving one image, {what}", columns, rows)
        + f"\nTarget of `predict_one`: at most {TARGET} of a bare "
        "`tf.function`.\n"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny network")
    quick = parser.parse_args(arguments).quick
    depth, size, calls, rounds = (18, 32, 2, 2) if quick else (50, 224, 8, 40)
    tasks = [mm_keras.tasks.classification("label", 1000)]
    image = mm_keras.encoders.resnet(depth, (size, size, 3))
    model = mm_keras.models.hard_sharing({"image": image}, tasks)
    blocks = make_blocks(mm_keras.serving_model(model), calls)
    seconds = timing.interleave(blocks, rounds)
    print(report(seconds, calls, f"ResNet{depth} at {size} px"))


if __name__ == "__main__":
    main()
