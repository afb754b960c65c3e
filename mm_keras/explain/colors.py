"""One colour for each class, the same for its boxes and in masks."""

COLORS = (
    "#ff5a4f",
    "#ffc233",
    "#3ddc84",
    "#35b6ff",
    "#b07bff",
    "#ff8ad1",
    "#00d5c8",
    "#ff9447",
    "#b6e34d",
    "#7f93ff",
)


def color_of(class_id):
    """Returns the colour of a class id, from 0 on; they come round again."""
    return COLORS[int(class_id) % len(COLORS)]


def text_color(color):
    """Returns black or white, whichever reads better on a colour."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    bright = 0.299 * red + 0.587 * green + 0.114 * blue > 128
    return "black" if bright else "white"
