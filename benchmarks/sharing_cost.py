"""What one network for three tasks saves, and costs, against three networks.

Detection, segmentation and labels of `digit_scenes`, on the trunk and with the
heads, losses and optimizer of `mm-keras demo`: together in one network, and
each in a network of its own, for the same number of epochs. Trainings take
turns, a tenth of an epoch each; the first turns, which compile, do not count.
"""

import argparse

import keras
import numpy as np
import timing

from mm_keras import models
from mm_keras import serving_model
from mm_keras import zoo
from mm_keras.demo import demonstration
from mm_keras.training.average_precision import evaluate_detection

TASKS = ("digits", "mask", "present")
NETWORKS = {"together": TASKS, **{task: (task,) for task in TASKS}}
# By the name in the logs: what is measured, and how many points may be lost.
SCORES = {
    "digits_ap": ("AP of the boxes", None),
    "digits_ap50": ("AP50 of the boxes", 0.5),
    "mask_mean_iou": ("mean IoU of the mask", 0.5),
    "present_f1": ("macro F1 of the labels", None),
}
STEPS_PER_EPOCH = 4000 // demonstration.BATCH_SIZE
TURNS_PER_EPOCH = 10
TARGET = 0.55


def network(names, steps):
    """Returns the network of the demo, with some of its tasks."""
    whole = zoo.digit_scenes(steps=steps)
    tasks = [task for task in whole.tasks if task.name in names]
    # A new one: that of `whole` holds the state of all of its weights.
    optimizer = type(whole.optimizer).from_config(whole.optimizer.get_config())
    image = trunk(whole.get_layer("image_encoder"), tasks)
    return models.hard_sharing({"image": image}, tasks, optimizer=optimizer)


def trunk(encoder, tasks):
    """Returns an encoder without the levels that none of the tasks reads."""
    pyramid = encoder.output["pyramid"]
    asked = [task.head["config"].get("levels") for task in tasks]
    read = {level for levels in asked for level in levels or pyramid}
    kept = {level: pyramid[level] for level in pyramid if level in read}
    return keras.Model(encoder.input, {"pyramid": kept})


def load(split, model, options):
    """Returns a split for the tasks of a network, cut short if asked."""
    dataset = demonstration.load(split, model, options.data_dir)
    return dataset.take(2) if options.quick else dataset


def train(networks, options):
    """Trains networks in turn; returns the seconds of a turn of each."""
    steps = 1 if options.quick else STEPS_PER_EPOCH // TURNS_PER_EPOCH
    blocks = {
        name: timing.timed(turn(model, load("train", model, options), steps))
        for name, model in networks.items()
    }
    rounds = options.epochs * TURNS_PER_EPOCH
    return timing.interleave(blocks, 2 if options.quick else rounds - 1)


def turn(model, dataset, steps):
    """Returns a function that goes on training for a number of steps."""
    batches = iter(dataset.repeat())
    # What `fit` calls at every step; `fit` itself would shuffle anew each turn.
    model.make_train_function()

    def run():
        for _ in range(steps):
            model.train_function(batches)

    return run


def scores(model, options):
    """Returns what a network reaches on the test split, in points."""
    dataset = load("test", model, options)
    found = model.evaluate(dataset, verbose=0, return_dict=True)
    if any(task.target.kind == "boxes" for task in model.tasks):
        found |= evaluate_detection(model, dataset)
    return {name: 100 * found[name] for name in SCORES if name in found}


def run_seed(seed, options):
    """Trains and scores all networks from one seed.

    Returns:
        The networks, the seconds of their turns, the scores of the joint
        network, and those of the three others.
    """
    keras.utils.set_random_seed(seed)
    steps = options.epochs * STEPS_PER_EPOCH
    networks = {name: network(t, steps) for name, t in NETWORKS.items()}
    seconds = train(networks, options)
    together = scores(networks["together"], options)
    alone = {}
    for task in TASKS:
        alone |= scores(networks[task], options)
    print(
        f"seed {seed}: together {rounded(together)}, alone {rounded(alone)}\n",
        flush=True,
    )
    return networks, seconds, together, alone


def rounded(points):
    """Returns scores in points, to two digits."""
    return {name: round(value, 2) for name, value in points.items()}


def inference(networks, batch_size, options):
    """Returns the seconds of a prediction of each network."""
    images = np.random.default_rng(0).integers(0, 256, (batch_size, 64, 64, 3))
    images = images.astype("float32")
    blocks = {}
    for name, model in networks.items():
        predict = predictor(serving_model(model), images)
        blocks[name] = timing.timed(predict)
    return timing.interleave(blocks, 2 if options.quick else 100, warmup=5)


def predictor(serving, images):
    """Returns a function that predicts for images, one by the fast path."""
    if len(images) == 1:
        return lambda: serving.predict_one({"image": images[0]})
    return lambda: serving.predict_on_batch({"image": images})


def score_table(together, alone):
    """Returns the table of scores, lists of dictionaries with one per seed."""
    rows = []
    for name, (what, allowed) in SCORES.items():
        joint = np.array([found[name] for found in together])
        single = np.array([found[name] for found in alone])
        gain = joint - single
        reached = ""
        if allowed is not None:
            met = "met" if np.mean(gain) >= -allowed else "missed"
            reached = f"at least -{allowed}: {met}"
        difference = (
            f"{np.mean(gain):+.2f} ({min(gain):+.2f} to {max(gain):+.2f})"
        )
        rows.append([what, spread(single), spread(joint), difference, reached])
    columns = ["points", "alone", "together", "difference (range)", "target"]
    return timing.table("Scores on the test split", columns, rows)


def spread(values):
    """Returns the mean and the standard deviation over seeds."""
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"{np.mean(values):.2f} ± {deviation:.2f}"


def time_row(what, seconds):
    """Returns a row: the joint network over the sum of the three."""
    alone = seconds[TASKS[0]] + seconds[TASKS[1]] + seconds[TASKS[2]]
    joint = seconds["together"]
    return [
        what,
        timing.milliseconds(alone.wall),
        timing.milliseconds(joint.wall),
        timing.held(timing.ratio(joint.wall, alone.wall), at_most=TARGET),
        timing.held(timing.ratio(joint.cpu, alone.cpu), at_most=TARGET),
    ]


def cost_table(networks, times):
    """Returns the table of parameters and times, by what was timed."""
    sizes = {name: model.count_params() for name, model in networks.items()}
    alone = sum(sizes[task] for task in TASKS)
    joint = sizes["together"]
    rows = [
        ["parameters", f"{alone:,}", f"{joint:,}", f"{joint / alone:.3f}", ""]
    ]
    rows += [time_row(what, seconds) for what, seconds in times.items()]
    columns = ["", "sum of three", "together", "wall ratio", "CPU ratio"]
    return (
        timing.table("Cost", columns, rows)
        + f"\nTarget: at most {TARGET} of the summed time.\n"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two batches")
    parser.add_argument("--epochs", type=int, default=3, metavar="N")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--data-dir", help="folder of prepared data")
    options = parser.parse_args(arguments)
    if options.quick:
        options.epochs, options.seeds = 2, 1
    runs = [run_seed(seed, options) for seed in range(options.seeds)]
    networks, seconds, together, alone = zip(*runs, strict=True)
    times = {
        "training, a tenth of an epoch": timing.join(seconds),
        "inference, one image": inference(networks[-1], 1, options),
        "inference, 32 images": inference(networks[-1], 32, options),
    }
    print(score_table(together, alone))
    print(cost_table(networks[-1], times))


if __name__ == "__main__":
    main()
