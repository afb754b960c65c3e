"""A whole training: data, model, epochs, and what came of it."""

import keras
import tensorflow as tf

from mm_keras import data
from mm_keras import training
from mm_keras.demo import demonstration
from mm_keras_cli import data_arguments
from mm_keras_cli import own_files
from mm_keras_cli import part_arguments
from mm_keras_cli.runs import building
from mm_keras_cli.runs import fitting
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import measures
from mm_keras_cli.runs import page
from mm_keras_cli.runs import reading
from mm_keras_cli.runs import settings as settings_module
from mm_keras_cli.runs import words


def run(settings, folder, *, resume=False):
    """Trains a model, measures the best one, and writes all of it.

    Args:
        settings: Settings of the training.
        folder: The `RunFolder`, new unless `resume`.
        resume: Whether to go on with an earlier training.

    Returns:
        The tasks of the model, and what its best state reached: a dictionary
        of scores by the name of what they were measured on.

    Raises:
        ValueError: If settings, data and model do not fit each other.
    """
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    run_data = reading.RunData.open(settings, text=words.load(folder.text))
    first = training.Backup(folder.backup).epoch
    model, train, validation = prepare(settings, run_data, first)
    measures.find_mode(settings.monitor, model.tasks)
    tests = {"validation": validation}
    if settings.test is not None:
        tests["test"] = run_data.load(model.tasks, settings.test, shuffle=False)
    if resume:
        folder.tell(settings_module.to_json(settings))
    else:
        write_start(settings, run_data, model, folder)
    announce(model, {"training": train, **tests})
    fitting.fit(model, train, validation, settings, folder)
    print("Measuring the best model ...", flush=True)
    model.load_weights(folder.best)
    scores = {
        name: training.evaluate(model, dataset)
        for name, dataset in tests.items()
    }
    folder.write_scores(scores)
    page.write(folder, model, validation)
    return model.tasks, scores


def prepare(settings, run_data, first_epoch):
    """Makes the model, and the data to train and to validate it on.

    Args:
        settings: Settings of the training.
        run_data: The `RunData`.
        first_epoch: How many epochs are done.

    Returns:
        A compiled model and two `tf.data.Dataset`s.
    """
    building.check(settings)
    options = {
        "shuffle": True,
        "seed": settings.seed,
        "first_epoch": first_epoch,
        "augment": make_augmentation(settings),
    }
    if building.is_whole(settings):
        model = make_whole(settings, run_data)
        tasks = model.tasks
    else:
        model, tasks = (
            None,
            data_arguments.make_tasks(settings, run_data.source),
        )
    chosen, held_out = run_data.parts(tasks)
    train = run_data.load_training(tasks, **chosen, **options)
    validation = run_data.load(tasks, **held_out, shuffle=False)
    if model is None:
        keras.utils.set_random_seed(settings.seed)
        inputs = train.element_spec[0]
        model = building.build(settings, inputs, run_data.text, tasks)
    return model, train, validation


def make_whole(settings, run_data):
    """Makes a model of the zoo, for the inputs that the data has."""
    chosen, _ = run_data.parts([])
    inputs = run_data.load_training([], **chosen, shuffle=False)
    known = {
        "steps": settings.epochs * int(inputs.cardinality()),
        "num_classes": run_data.source.num_classes(),
    }
    keras.utils.set_random_seed(settings.seed)
    return building.build_whole(
        settings, inputs.element_spec[0], run_data.text, known
    )


def make_augmentation(settings):
    """Returns the augmentation that was asked for, or None."""
    if settings.augment is None:
        return None
    return part_arguments.call(data.Augmentation, settings.augment, "--augment")


def write_start(settings, run_data, model, folder):
    """Makes the folder of a new training: all that is known beforehand."""
    names = {
        task.name: run_data.source.class_names(task) for task in model.tasks
    }
    config = {
        "arguments": settings_module.to_json(settings),
        "parameters": model.count_params(),
        "versions": demonstration.versions(),
    }
    folder.make()
    if run_data.text is not None:
        words.save(run_data.text, folder.text)
    known = {task: classes for task, classes in names.items() if classes}
    folders.write_json(folder.classes, known)
    # The last: where it is, the training can be gone on with.
    folders.write_json(folder.config, config)


def announce(model, datasets):
    """Says what will be trained, and what is left out of the data."""
    for name, dataset in datasets.items():
        own_files.tell_left_out(f"the {name} data", dataset)
    batches = int(datasets["training"].cardinality())
    print(
        f"Training {model.count_params():,} parameters on {batches:,} batches "
        "an epoch ...",
        flush=True,
    )
