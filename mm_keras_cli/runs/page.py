"""The page of a run: what was reached, pictures, curves and settings."""

import numpy as np

from mm_keras import explain
from mm_keras import export
from mm_keras.explain import page as html
from mm_keras_cli.runs import fitting
from mm_keras_cli.runs import folder as folders
from mm_keras_cli.runs import measures

# Validation examples in the gallery.
PICTURES = 6
# Boxes of a lower score are not drawn.
LEAST_SCORE = 0.4
CODE = """\
mm-keras evaluate {0} --split test
mm-keras predict {0} pictures --pictures drawn
mm-keras export {0} --output served
mm-keras train --config {0}/config.json --seed 1 --output another

import mm_keras

model = mm_keras.training.load_model("{0}/best.keras")
"""


def write(folder, model, validation):
    """Writes `index.html`.

    Args:
        folder: The `RunFolder`, with its log and its scores.
        model: The best model.
        validation: Batches to show some pictures of.
    """
    config = folders.read_json(folder.config)
    scores = folder.scores()
    history = to_history(folder.rows())
    names = folders.read_json(folder.classes)
    sections = {
        "What each task reached": [
            html.paragraph(about(config, history, model.tasks)),
            html.table(
                ("task", "measure", *scores), measures.rows(model.tasks, scores)
            ),
        ],
        "What it sees": gallery(model, validation, names),
        "How it learned": [
            html.picture(html.png(explain.curves(history)), "Curves")
        ],
        "How to use it": [html.code(CODE.format(folder.path))],
        "What it was told": [
            html.table(("argument", "value"), told(config["arguments"])),
        ],
        "Made with": [
            html.table(("package", "version"), config["versions"].items())
        ],
    }
    sections = {heading: parts for heading, parts in sections.items() if parts}
    text = html.page(f"Training on {config['arguments']['data']}", sections)
    folders.write_text(folder.page, text)


def to_history(rows):
    """Returns the numbers of all epochs by name, as `fit` does."""
    first = {"loss": None, "val_loss": None}
    names = [name for name in {**first, **rows[0]} if name != "epoch"]
    return {name: [row[name] for row in rows] for name in names}


def about(config, history, tasks):
    """Returns a sentence on the training."""
    monitor = config["arguments"]["monitor"]
    values = history[monitor]
    best = fitting.best_of(values, measures.find_mode(monitor, tasks))
    return (
        f"A model of {config['parameters']:,} parameters, after epoch "
        f"{values.index(best) + 1} of {len(values)}, the best by {monitor}."
    )


def gallery(model, dataset, names):
    """Returns parts of the page: pictures, their labels, what was found."""
    batch = next(iter(dataset.unbatch().batch(PICTURES)))
    inputs, targets, weights = batch
    pictures = [v for v in inputs.values() if v.shape.rank == 4]
    if not pictures:
        return []
    found = export.serving_model(model).predict(inputs, verbose=0)
    boxes = [t.name for t in model.tasks if t.target.kind == "boxes"]
    figure = explain.gallery(
        to_colors(np.asarray(pictures[0])),
        {
            "truth": explain.truth(
                targets, model.tasks, sample_weights=weights, names=names
            ),
            "prediction": explain.prediction(found, model.tasks, names=names),
        },
        names=names.get(boxes[0]) if boxes else None,
        least_score=LEAST_SCORE,
    )
    return [
        html.paragraph(
            "The first examples of the validation data. Boxes are drawn from "
            f"a score of {LEAST_SCORE} on."
        ),
        html.picture(html.png(figure), "Examples, truth and prediction"),
    ]


def to_colors(pictures):
    """Returns pictures with three channels: grey ones get three of one."""
    if pictures.shape[-1] == 1:
        return np.repeat(pictures, 3, axis=-1)
    return pictures[..., :3]


def told(arguments):
    """Returns the rows of a table of what a training was told."""
    return [
        (
            name,
            " ".join(map(str, value))
            if isinstance(value, list)
            else str(value),
        )
        for name, value in arguments.items()
    ]
