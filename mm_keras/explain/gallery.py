import textwrap

import numpy as np

from mm_keras.explain.draw_boxes import draw_boxes
from mm_keras.explain.draw_mask import draw_mask
from mm_keras.explain.draw_points import draw_points

# As many letters of a caption stand below a picture.
LINE = 36


def gallery(images, rows=None, *, names=None, least_score=0.0):
    """Lays pictures out in columns, with what is known of each below it.

    ```
    picture 1   picture 2   ...
    truth       truth
    prediction  prediction
    ```

    Args:
        images: Pictures in 0-255, of shape `(pictures, height, width, 3)`, or
            with one channel where they are grey.
        rows: Dictionary from the name of a row to a list of what to draw, a
            dictionary for each picture with any of the keys `boxes`,
            `classes`, `scores` (see `mm_keras.explain.draw_boxes`), `box` (the
            same without classes), `mask` (see `mm_keras.explain.draw_mask`),
            `points` (see `mm_keras.explain.draw_points`) and `caption`, a text
            below. `mm_keras.explain.truth` and
            `mm_keras.explain.prediction` make such lists of a batch.
        names: List of the names of the classes. None shows their ids.
        least_score: Boxes of a lower score are left out.

    Returns:
        A `matplotlib.figure.Figure`; `figure.savefig(path)` writes it. Being
        the last value of a notebook's cell it shows there, once
        `matplotlib.pyplot` was imported.

    Raises:
        ValueError: If a row does not fit the pictures.

    Example:

    >>> image = np.zeros((1, 64, 64, 3), "uint8")
    >>> truth = {"boxes": [[0.1, 0.1, 0.5, 0.5]], "classes": [3]}
    >>> figure = mm_keras.explain.gallery(image, {"truth": [truth]})
    >>> len(figure.axes)  # the picture, and its truth below
    2
    """
    from matplotlib.figure import Figure

    images, rows = np.asarray(images), rows or {}
    check_rows(images, rows)
    shape = 1 + len(rows), len(images)
    figure = Figure(figsize=(1.75 * shape[1], 1.85 * shape[0]), dpi=150)
    figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.02)
    axes = figure.subplots(*shape, squeeze=False)
    annotations = {"picture": [{}] * len(images), **rows}
    for row, (title, notes) in zip(axes, annotations.items(), strict=True):
        row[0].set_ylabel(title, fontsize=10)
        for axis, image, note in zip(row, images, notes, strict=True):
            draw(axis, image, note, names=names, least_score=least_score)
    return figure


def draw(axis, image, note, *, names=None, least_score=0.0):
    """Draws one picture and what is known of it; see `gallery`."""
    shown = np.clip(image, 0, 255).astype("uint8")
    if shown.shape[-1] == 1:
        shown = np.repeat(shown, 3, axis=-1)
    axis.imshow(shown)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    if "mask" in note:
        draw_mask(axis, note["mask"])
    if "boxes" in note:
        draw_boxes(
            axis,
            note["boxes"],
            note["classes"],
            note.get("scores"),
            size=image.shape[:2],
            names=names,
            least_score=least_score,
        )
    if "box" in note:
        draw_boxes(axis, note["box"], None, size=image.shape[:2])
    if "points" in note:
        draw_points(axis, note["points"], size=image.shape[:2])
    caption = textwrap.fill(note.get("caption", ""), LINE)
    axis.set_xlabel(caption, fontsize=7, labelpad=2)


def check_rows(images, rows):
    """Raises unless every row has something for each picture."""
    if images.ndim != 4 or not len(images):
        raise ValueError(
            "Argument `images` of gallery expects pictures of shape (pictures, "
            f"height, width, 3). Received: shape {images.shape}. Put a single "
            "one in a batch: `image[None]`."
        )
    sizes = {title: len(notes) for title, notes in rows.items()}
    if any(size != len(images) for size in sizes.values()):
        raise ValueError(
            f"Every row of gallery expects {len(images)} dictionaries, as many "
            f"as there are pictures. Received: {sizes}. Pass `{{}}` where "
            "nothing is to be drawn."
        )
