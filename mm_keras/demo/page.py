import numpy as np

from mm_keras import explain
from mm_keras.demo import scores
from mm_keras.explain import page as html

# Boxes of a lower score are not drawn.
LEAST_SCORE = 0.4
CODE = """\
import tensorflow as tf

loaded = tf.saved_model.load("saved_model")
found = loaded.serve({"image": images})  # float32, 0-255, (batch, 64, 64, 3)
found["digits_boxes"], found["digits_classes"], found["mask"], found["count"]

import keras
import mm_keras

model = keras.models.load_model("model.keras")  # to train on, or change
"""


def write(folder, images, targets, found, result):
    """Writes `index.html`, and the gallery as a file of its own.

    Args:
        folder: Folder to write.
        images: Pictures to show, in 0-255.
        targets: Targets of these, by task.
        found: What a serving model predicts for them.
        result: What was measured; see `mm_keras.demo.run`.
    """
    figure = explain.gallery(
        images,
        {"truth": truth(targets), "prediction": prediction(found)},
        least_score=LEAST_SCORE,
    )
    gallery = html.png(figure)
    (folder / "gallery.png").write_bytes(gallery)
    text = html.page("mm_keras demo", sections(result, gallery))
    (folder / "index.html").write_text(text, encoding="utf-8")


def sections(result, gallery):
    """Returns the parts of the page by heading."""
    training = result["training"]
    curves = explain.curves(training["history"])
    numbers = html.table(
        ("task", "measure", "test split"), scores.rows(result["test"])
    )
    return {
        "What each task reached": [
            html.paragraph(
                "One network detects, segments, classifies and counts "
                "handwritten digits on photographs. It has "
                f"{training['parameters']:,} parameters and was trained for "
                f"{training['steps']:,} steps of {training['batch_size']} "
                f"scenes, which took {training['seconds']:.0f} seconds."
            ),
            numbers,
        ],
        "What it sees": [
            html.paragraph(
                "The first scenes of the test split, whose digits and "
                "photographs it has never seen. Boxes are drawn from a score "
                f"of {LEAST_SCORE} on; colours stand for digits."
            ),
            html.picture(gallery, "Test scenes, truth and prediction"),
        ],
        "How it learned": [
            html.picture(html.png(curves), "Curves of the training")
        ],
        "How to use it": [html.code(CODE)],
        "Made with": [
            html.table(("package", "version"), result["versions"].items())
        ],
    }


def truth(targets):
    """Returns what to draw of the targets, a dictionary for each picture."""
    targets = {name: np.asarray(value) for name, value in targets.items()}
    return [
        {
            "boxes": rows[:, :4],
            "classes": rows[:, 4],
            "mask": mask,
            "caption": caption(present, f"{count[0]:.0f}"),
        }
        for rows, mask, present, count in zip(
            *(targets[t] for t in ("digits", "mask", "present", "count")),
            strict=True,
        )
    ]


def prediction(found):
    """Returns what to draw of decoded outputs, for each picture."""
    return [
        {
            "boxes": found["digits_boxes"][i],
            "classes": found["digits_classes"][i],
            "scores": found["digits_scores"][i],
            "mask": found["mask"][i],
            "caption": caption(
                found["present"][i], f"{found['count'][i, 0]:.0f}"
            ),
        }
        for i in range(len(found["mask"]))
    ]


def caption(present, count):
    """Returns which digits there are and how many: `present 3 7, count 2`."""
    digits = " ".join(str(d) for d in np.flatnonzero(present > 0.5))
    return f"present {digits or 'none'}, count {count}"
