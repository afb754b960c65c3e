import numpy as np

from mm_keras.explain.colors import COLORS


def draw_mask(axis, mask, *, opacity=0.8):
    """Lays a mask of class ids over a picture; the background stays clear.

    Args:
        axis: Axes of matplotlib, with the picture.
        mask: Class ids, of shape `(height, width)` or `(height, width, 1)`.
            0 is the background, id `i` has the colour of class `i - 1`.
        opacity: Opacity of the colours, 0 to 1.

    Example:

    ```python
    axis.imshow(image)
    mm_keras.explain.draw_mask(axis, serving.predict_one(example)["mask"])
    ```
    """
    from matplotlib.colors import to_rgba_array

    mask = np.asarray(mask, "int32")
    mask = mask.reshape(mask.shape[:2])
    colors = to_rgba_array(COLORS, alpha=opacity)
    layer = colors[(mask - 1) % len(COLORS)]
    layer[mask == 0] = 0.0
    axis.imshow(layer, interpolation="nearest")
