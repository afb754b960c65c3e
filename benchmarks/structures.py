"""Every way to share, at one size: what each task gains or loses, and costs.

Detection, segmentation, labels and count of `digit_scenes`, as in the example
of the README. Every structure has the parameters of `hard_sharing` up to 5 %:
the width of its encoder is searched for. All see the same batches for the same
number of steps. They are held against networks of one task each, every one of
the full width: four times the budget.
"""

import argparse
import json
import pathlib

import timing

from mm_keras import compare
from mm_keras import data
from mm_keras import encoders
from mm_keras import metrics
from mm_keras import models
from mm_keras import tasks as task_module
from mm_keras.zoo.digit_scenes import adamw

REFERENCE = "hard_sharing"
WIDTH = 16
TOLERANCE = 0.05
BATCH_SIZE = 16
SCENES = 4000
# Keyword arguments of the structures that need any.
ARGUMENTS = {}
SCORES = {
    "digits_ap": "max",
    "mask_mean_iou": "max",
    "present_f1": "max",
    "count_mae": "min",
}


def names():
    """Returns the names of all structures of encoders and tasks."""
    no_structures = ("fix_branches", "two_towers")
    others = [n for n in models.__all__ if n not in (REFERENCE, *no_structures)]
    return [REFERENCE, *others]


def make_tasks():
    """Returns the four tasks; each reads every level of the pyramid."""
    return [
        task_module.detection("digits", 10, max_boxes=4, weight=2.5),
        task_module.segmentation("mask", 11, channels=32, weight=2.0),
        task_module.multi_label("present", 10, view="pyramid", weight=0.5),
        task_module.regression("count", view="pyramid"),
    ]


def build(structure, tasks, size, steps=1000):
    """Returns a structure on a fresh encoder.

    Args:
        structure: Its name.
        tasks: List of tasks.
        size: Channels of the first stage, and of every level of the pyramid.
        steps: Number of steps that the learning rate is made for.
    """
    width, channels = size
    image = encoders.resnet(
        (1, 2, 2, 2),
        (64, 64, 3),
        width=width,
        stem_stride=2,
        pyramid_channels=channels,
    )
    return getattr(models, structure)(
        {"image": image},
        tasks,
        optimizer=adamw(4e-3, steps),
        **ARGUMENTS.get(structure, {}),
    )


def find_size(count, budget):
    """Searches for the size of an encoder that spends a budget.

    The pyramid has four times the channels of the first stage, as by default,
    unless that misses the budget: then the next smaller first stage has a
    wider pyramid.

    Args:
        count: Function of a size that returns the number of parameters.
        budget: Number of parameters to reach.

    Returns:
        Channels of the first stage and of the pyramid.
    """
    at_most = budget * (1 + TOLERANCE)
    width = largest(lambda w: count((w, 4 * w)) <= at_most, 1, 4 * WIDTH)
    channels = 4 * width
    if count((width, channels)) < budget * (1 - TOLERANCE):
        channels = largest(
            lambda c: count((width, c)) <= budget, channels, 4 * channels
        )
    return width, channels


def largest(fits, low, high):
    """Returns the largest number from `low` to below `high` that fits.

    It is `low` if none does; whatever is below a number that fits, fits.
    """
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def find_sizes(structures, path):
    """Returns the size of each structure, and why others have none.

    Args:
        structures: Names of the structures.
        path: File that remembers sizes, or None.
    """
    tasks = make_tasks()
    full = (WIDTH, 4 * WIDTH)
    budget = build(REFERENCE, tasks, full).count_params()
    known = json.loads(path.read_text()) if path and path.exists() else {}
    sizes, failures = {REFERENCE: full}, {}
    for name in structures:
        if name in known:
            sizes[name] = tuple(known[name])
        elif name != REFERENCE:
            try:
                sizes[name] = find_size(counter(name, tasks), budget)
            except ValueError as error:
                failures[name] = str(error)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**known, **sizes}))
    return sizes, failures


def counter(structure, tasks):
    """Returns a function from size to the parameters of a structure."""
    return lambda size: build(structure, tasks, size).count_params()


def load(split, tasks, options, **arguments):
    """Loads a split, cut short if asked."""
    if options.quick:
        split = f"{split}[:{BATCH_SIZE}]"
    return data.load(
        "digit_scenes",
        split,
        tasks=tasks,
        batch_size=BATCH_SIZE,
        data_dir=options.data_dir,
        **arguments,
    )


def run(sizes, options):
    """Trains all structures and networks of one task, and compares."""
    tasks = make_tasks()
    steps = options.epochs * (SCENES // BATCH_SIZE)

    def candidate(name):
        return lambda tasks: build(name, tasks, sizes[name], steps)

    return compare.compare(
        {name: candidate(name) for name in sizes},
        tasks,
        train=lambda: load("train", tasks, options, drop_remainder=True),
        validation=load("validation", tasks, options),
        test=load("test", tasks, options),
        scores=SCORES,
        epochs=options.epochs,
        seeds=range(options.seeds),
        folder=options.folder and pathlib.Path(options.folder) / "runs",
        rounds=2 if options.quick else 20,
    )


def change_table(comparison):
    """Returns the change of every score, and `delta_m` without labels."""
    rows = comparison.rows
    base = {s: v["mean"] for s, v in rows[0]["scores"].items()}
    lines = []
    for row in rows[1:]:
        means = {s: v["mean"] for s, v in row["scores"].items()}
        groups = [[score] for score in SCORES]
        groups.append([score for score in SCORES if score != "present_f1"])
        changes = [change(means, base, group) for group in groups]
        lines.append([row["candidate"], *changes])
    columns = ["%", *SCORES, "delta_m without present_f1"]
    title = "Change against networks of one task each, negative is better"
    return timing.table(title, columns, lines)


def change(means, base, scores):
    """Returns `delta_m` of some of the scores, as text."""
    if not all(base[score] for score in scores):
        return "none"
    higher = {score: SCORES[score] == "max" for score in scores}
    found = metrics.relative_improvement(
        {score: means[score] for score in scores},
        {score: base[score] for score in scores},
        higher_is_better=higher,
    )
    return f"{found:+.1f}"


def cost_table(comparison, sizes):
    """Returns sizes, parameters and times beside `hard_sharing`."""
    lines = []
    for row in comparison.rows:
        name = row["candidate"]
        size = sizes.get(name, sizes[REFERENCE])
        taken = comparison.times.get(name)
        times = ["none"] * 4 if taken is None else time_cells(taken)
        line = [name, f"{size[0]} / {size[1]}", f"{row['parameters']:,}"]
        lines.append(line + times)
    columns = ["", "width / pyramid", "parameters", "step, wall ratio"]
    columns += ["step, CPU ratio", "prediction", "prediction, CPU ratio"]
    return timing.table(
        f"Cost, times of {BATCH_SIZE} scenes relative to {REFERENCE}",
        columns,
        lines,
    )


def time_cells(taken):
    """Returns the times of a structure as text."""
    step, prediction = taken["step"], taken["prediction"]
    return [
        ratio(step, "wall"),
        ratio(step, "cpu"),
        timing.milliseconds(prediction["candidate"]["wall"]),
        ratio(prediction, "cpu"),
    ]


def ratio(sides, clock):
    """Returns the median of candidate over reference, with its interval."""
    top, bottom = (sides[side][clock] for side in ("candidate", "reference"))
    return timing.ratio(top, bottom).text()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one batch")
    parser.add_argument("--structures", metavar="A,B", help="some, not all")
    parser.add_argument("--epochs", type=int, default=5, metavar="N")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    parser.add_argument("--folder", help="keeps finished runs, to go on with")
    parser.add_argument("--data-dir", help="folder of prepared data")
    options = parser.parse_args(arguments)
    if options.quick:
        options.epochs, options.seeds = 1, 1
    asked = options.structures.split(",") if options.structures else names()
    unknown = sorted(set(asked) - set(names()))
    if unknown:
        parser.error(f"--structures expects {names()}. Received: {unknown}.")
    path = options.folder and pathlib.Path(options.folder) / "sizes.json"
    sizes, failures = find_sizes(asked, path)
    comparison = run(sizes, options)
    print(f"\n### Scores\n\n{comparison.table()}")
    print(change_table(comparison))
    print(cost_table(comparison, sizes))
    print(f"Parameters: within {TOLERANCE:.0%} of {REFERENCE}'s.")
    for name, text in failures.items():
        print(f"- {name} does not fit these encoders and tasks: {text}")


if __name__ == "__main__":
    main()
