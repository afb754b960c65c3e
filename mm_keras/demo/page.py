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


def write(folder, tasks, images, targets, found, result):
    """Writes `index.html`, and the gallery as a file of its own.

    Args:
        folder: Folder to write.
        tasks: List of the tasks of the model.
        images: Pictures to show, in 0-255.
        targets: Targets of these, by task.
        found: What a serving model predicts for them.
        result: What was measured; see `mm_keras.demo.run`.
    """
    figure = explain.gallery(
        images,
        {
            "truth": explain.truth(targets, tasks),
            "prediction": explain.prediction(found, tasks),
        },
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
