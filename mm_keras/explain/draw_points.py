import numpy as np

from mm_keras.explain.colors import color_of


def draw_points(axis, points, *, size):
    """Draws points on a picture, each in the colour of its number.

    Args:
        axis: Axes of matplotlib, with the picture.
        points: y and x, relative, of shape `(points, 2)`. Rows of NaN are not
            visible, and left out.
        size: Height and width of the picture in pixels.

    Example:

    ```python
    axis.imshow(image)
    found = serving.predict_one({"image": image})
    mm_keras.explain.draw_points(
        axis, found["landmarks_points"], size=image.shape[:2]
    )
    ```
    """
    for number, (y, x) in enumerate(np.asarray(points)):
        if np.isnan(y) or np.isnan(x):
            continue
        # The centers of pixels are at whole numbers, their edges half off.
        axis.plot(
            x * size[1] - 0.5,
            y * size[0] - 0.5,
            marker="o",
            markersize=4,
            markerfacecolor=color_of(number),
            markeredgecolor="black",
            markeredgewidth=0.6,
        )
