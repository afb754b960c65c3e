import numpy as np

from mm_keras.explain.colors import color_of
from mm_keras.explain.colors import text_color


def draw_boxes(
    axis,
    boxes,
    classes,
    scores=None,
    *,
    size,
    names=None,
    least_score=0.0,
):
    """Draws boxes on a picture, each with its class and, if any, its score.

    Takes what a detection task is trained on as well as what
    `mm_keras.serving_model` returns for one picture. Where boxes cover each
    other, that of the highest score is on top.

    Args:
        axis: Axes of matplotlib, with the picture.
        boxes: ymin, xmin, ymax, xmax, relative, of shape `(boxes, 4)`.
        classes: Class ids, of shape `(boxes,)`. Rows of class -1 are padding.
            None draws frames without labels.
        scores: Scores, of shape `(boxes,)`, or None.
        size: Height and width of the picture in pixels.
        names: List of the names of the classes. None shows their ids.
        least_score: Boxes of a lower score are left out.

    Example:

    ```python
    axis.imshow(image)
    found = mm_keras.serving_model(model).predict_one({"image": image})
    mm_keras.explain.draw_boxes(
        axis,
        found["digits_boxes"],
        found["digits_classes"],
        found["digits_scores"],
        size=image.shape[:2],
        least_score=0.5,
    )
    ```
    """
    if classes is None:
        for box in boxes:
            _draw_frame(axis, box, color_of(0), size)
        return
    things = list(zip(boxes, np.asarray(classes, "int"), strict=True))
    order = range(len(things)) if scores is None else np.argsort(scores)
    for row in order:
        box, class_id = things[row]
        if class_id < 0 or (scores is not None and scores[row] < least_score):
            continue
        label = str(class_id) if names is None else names[class_id]
        if scores is not None:
            label += f" {scores[row]:.2f}"
        color = color_of(class_id)
        edges = _draw_frame(axis, box, color, size)
        _draw_label(axis, edges, label, color, size)


def _draw_frame(axis, box, color, size):
    """Draws the outline of a box, and returns its edges in pixels."""
    from matplotlib.patches import Rectangle

    # The centers of pixels are at whole numbers, their edges half a pixel off.
    ymin, xmin, ymax, xmax = (
        edge * side - 0.5
        for edge, side in zip(box, (*size, *size), strict=True)
    )
    frame = Rectangle((xmin, ymin), xmax - xmin, ymax - ymin)
    frame.set(fill=False, edgecolor=color, linewidth=1.6)
    axis.add_patch(frame)
    return ymin, xmin, ymax, xmax


def _draw_label(axis, edges, label, color, size):
    """Writes above a box, flush left; near the picture's border, elsewhere."""
    ymin, xmin, _, xmax = edges
    inside, flush_right = ymin < 0.1 * size[0], xmin > 0.7 * size[1]
    axis.annotate(
        label,
        (xmax if flush_right else xmin, ymin),
        xytext=(0, -1.5 if inside else 1.0),
        textcoords="offset points",
        fontsize=7,
        color=text_color(color),
        horizontalalignment="right" if flush_right else "left",
        verticalalignment="top" if inside else "bottom",
        bbox={"facecolor": color, "edgecolor": color, "pad": 0.8},
    )
