"""Measures the model of a run on a part of its data, or on other data."""

from mm_keras import training
from mm_keras_cli.runs import opening


def run(arguments):
    """Measures what arguments name, and adds it to `metrics.json`.

    Args:
        arguments: Arguments of `mm-keras evaluate`.

    Returns:
        The tasks of the model, the name of what it was measured on, and the
        scores.
    """
    earlier = opening.Run.open(arguments.run)
    name, dataset = load(earlier, arguments)
    scores = training.evaluate(earlier.model, dataset)
    known = earlier.folder.scores()
    earlier.folder.write_scores({**known, name: scores})
    return earlier.model.tasks, name, scores


def load(earlier, arguments):
    """Loads what arguments name.

    Args:
        earlier: The `Run`.
        arguments: Arguments of `mm-keras evaluate`.

    Returns:
        What the data is called, and its batches.
    """
    tasks = earlier.model.tasks
    settings = earlier.settings(
        data=arguments.data,
        images=arguments.images,
        data_dir=arguments.data_dir,
        batch_size=arguments.batch_size,
    )
    if arguments.data is None:
        run_data = earlier.read(settings)
        name, part = choose(run_data, arguments.split, tasks)
    else:
        settings.split, settings.images = arguments.split, arguments.images
        settings.validation = settings.test = None
        settings.image_size = earlier.picture_size()
        run_data = earlier.read(settings)
        split = choose_split(run_data.source, arguments.split)
        part = {"split": split}
        name = f"{arguments.data} {split}" if split else arguments.data
    return name, run_data.load(tasks, **part, shuffle=False)


def choose(run_data, split, tasks):
    """Returns a part of the data of the training: its name, and what to load.

    Args:
        run_data: The `RunData` of the training.
        split: Name of a split, or None for what it was to be tested on, or
            else validated.
        tasks: List of the tasks of the model.
    """
    if split is not None:
        return split, {"split": split}
    if run_data.settings.test is not None:
        return "test", {"split": run_data.settings.test}
    return "validation", run_data.parts(tasks)[1]


def choose_split(source, split):
    """Returns a split of other data: that asked for, or the only one."""
    if split is None and len(source.splits) > 1:
        raise ValueError(
            "mm-keras evaluate --data expects --split with one of "
            f"{list(source.splits)}. Received: none. Choose one of them."
        )
    return source.splits[0] if split is None else split
