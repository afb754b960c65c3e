"""Pictures show what they are given, where it is."""

import io

import numpy as np
import pytest
from matplotlib import image as reading
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mm_keras import explain
from mm_keras.explain.colors import color_of
from mm_keras.explain.colors import text_color

GREY = np.full((64, 64, 3), 128, "uint8")


def draw(function, *arguments, **options):
    """Draws on a grey picture of 64 x 64; returns its pixels, 10 to each."""
    figure = Figure(figsize=(6.4, 6.4), dpi=100)
    axis = figure.add_axes((0, 0, 1, 1))
    axis.imshow(GREY)
    axis.set_axis_off()
    function(axis, *arguments, **options)
    return axis, pixels(figure)


def pixels(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    return reading.imread(file)[..., :3]


def test_box_is_drawn_around_its_pixels():
    box = [0.25, 0.5, 0.5, 0.75]
    _, found = draw(explain.draw_boxes, [box], [3], size=(64, 64))
    blue = np.all(np.abs(found - to_rgb(color_of(3))) < 0.02, axis=-1)
    # The sides, at places where there is no label.
    assert blue[240, 320]  # left
    assert blue[240, 480]  # right
    assert blue[320, 400]  # bottom
    assert not blue[240, 400]  # inside
    assert not blue[330:].any()
    assert not blue[:, 485:].any()


def test_label_has_class_and_score():
    axis, _ = draw(
        explain.draw_boxes, [[0.2, 0.2, 0.4, 0.4]], [7], [0.916], size=(64, 64)
    )
    assert [text.get_text() for text in axis.texts] == ["7 0.92"]


def test_classes_may_have_names():
    axis, _ = draw(
        explain.draw_boxes,
        [[0.2, 0.2, 0.4, 0.4]],
        [1],
        size=(64, 64),
        names=["cat", "dog"],
    )
    assert [text.get_text() for text in axis.texts] == ["dog"]


def test_padding_and_low_scores_are_left_out():
    boxes = [[0.1, 0.1, 0.4, 0.4]] * 3
    axis, _ = draw(
        explain.draw_boxes,
        boxes,
        [1, 2, -1],
        [0.9, 0.3, 0.9],
        size=(64, 64),
        least_score=0.5,
    )
    assert [text.get_text() for text in axis.texts] == ["1 0.90"]


def test_the_surest_box_lies_on_top():
    axis, _ = draw(
        explain.draw_boxes,
        [[0.1, 0.1, 0.4, 0.4]] * 3,
        [0, 1, 2],
        [0.6, 0.8, 0.7],
        size=(64, 64),
    )
    # What is drawn last lies on top.
    labels = [text.get_text() for text in axis.texts]
    assert labels == ["0 0.60", "2 0.70", "1 0.80"]


@pytest.mark.parametrize(
    "corner", [(0.0, 0.0), (0.0, 0.94), (0.94, 0.0), (0.94, 0.94)]
)
def test_label_stays_inside_the_picture(corner):
    y, x = corner
    axis, _ = draw(
        explain.draw_boxes,
        [[y, x, y + 0.06, x + 0.06]],
        [0],
        [0.5],
        size=(64, 64),
        names=["a name"],
    )
    extent = axis.texts[0].get_window_extent()
    assert extent.x0 >= 0 and extent.x1 <= 640
    assert extent.y0 >= 0 and extent.y1 <= 640


def test_mask_colours_its_pixels_and_no_other():
    mask = np.zeros((64, 64, 1), "uint8")
    mask[10:20, 30:40] = 4
    _, found = draw(explain.draw_mask, mask, opacity=1.0)
    np.testing.assert_allclose(found[150, 350], to_rgb(color_of(3)), atol=0.02)
    np.testing.assert_allclose(found[50, 350], 128 / 255, atol=0.02)


def test_box_and_mask_of_a_class_have_one_colour():
    mask = np.full((64, 64), 6)
    _, found = draw(explain.draw_mask, mask, opacity=1.0)
    np.testing.assert_allclose(found[9, 9], to_rgb(color_of(5)), atol=0.02)


def test_text_is_readable_on_its_colour():
    assert text_color("#ffff00") == "black"
    assert text_color("#000080") == "white"


def test_gallery_has_a_panel_for_each_picture_and_row():
    note = {
        "boxes": [[0.1, 0.1, 0.5, 0.5]],
        "classes": [3],
        "mask": np.eye(64, dtype="int32"),
        "caption": "a three",
    }
    images = np.stack([GREY] * 3)
    figure = explain.gallery(
        images, {"truth": [note] * 3, "prediction": [{}, note, {}]}
    )
    assert len(figure.axes) == 9
    titles = [axis.get_ylabel() for axis in figure.axes[::3]]
    assert titles == ["picture", "truth", "prediction"]
    assert figure.axes[3].get_xlabel() == "a three"
    assert len(figure.axes[7].texts) == 1
    assert not figure.axes[6].texts


def test_gallery_shows_float_pictures_as_those_of_bytes():
    shown = [
        pixels(explain.gallery(np.stack([GREY]).astype(dtype)))
        for dtype in ("uint8", "float32")
    ]
    np.testing.assert_array_equal(*shown)


def test_grey_pictures_of_one_channel_stay_grey():
    grey = np.arange(64, dtype="uint8").reshape(1, 8, 8, 1)
    shown = [
        pixels(explain.gallery(images))
        for images in (grey, np.repeat(grey, 3, axis=-1))
    ]
    np.testing.assert_array_equal(*shown)


def test_gallery_is_not_blank():
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3))
    assert pixels(explain.gallery(images)).std() > 0.1


def test_single_picture_is_explained():
    with pytest.raises(ValueError, match=r"expects.*Received.*\[None\]"):
        explain.gallery(GREY)


def test_row_that_does_not_fit_is_explained():
    images = np.stack([GREY] * 2)
    with pytest.raises(ValueError, match=r"expects 2 dict.*'truth': 1.*Pass"):
        explain.gallery(images, {"truth": [{}]})


def test_curves_have_a_panel_for_each_number():
    history = {
        "loss": [2.0, 1.0],
        "digits_loss": [1.0, 0.5],
        "val_loss": [2.0, 1.5],
        "val_digits_ap": [0.1, 0.4],
    }
    figure = explain.curves(history)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["loss", "digits_loss", "digits_ap"]
    loss, digits, precision = (
        [list(line.get_ydata()) for line in axis.lines] for axis in figure.axes
    )
    assert loss == [[2.0, 1.0], [2.0, 1.5]]
    assert digits == [[1.0, 0.5], []]
    assert precision == [[], [0.1, 0.4]]


def test_curves_leave_no_empty_panel():
    history = {name: [1.0] for name in "abcd"}
    assert len(explain.curves(history, columns=3).axes) == 4


def test_curves_bear_numbers_that_are_missing():
    history = {"loss": [1.0, None], "val_loss": [float("nan"), 2.0]}
    assert pixels(explain.curves(history)).std() > 0


def test_curves_take_what_fit_returns():
    import keras

    history = keras.callbacks.History()
    history.history = {"loss": [1.0]}
    assert len(explain.curves(history).axes) == 1


def test_empty_history_is_explained():
    with pytest.raises(ValueError, match=r"expects.*Received: none. Pass"):
        explain.curves({})


def test_drawing_leaves_pyplot_alone():
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    explain.gallery(np.stack([GREY]))
    explain.curves({"loss": [1.0]})
    assert pyplot.get_fignums() == before
