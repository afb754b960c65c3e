"""What `pipeline.py` is held against: plain `tf.data`, and layers of Keras.

Both do what `SETTINGS` says to each picture and to its boxes.
"""

import functools
import math

import keras
import tensorflow as tf

# Degrees and shares, as `mm_keras.data.Augmentation` takes them.
SETTINGS = {
    "horizontal_flip": 0.5,
    "rotation": 10,
    "zoom": 0.2,
    "shift": 0.1,
    "brightness": 0.2,
    "contrast": 0.2,
    "saturation": 0.2,
    "hue": 18,
}
LEAST_VISIBLE = 0.2


def read(path, size):
    """Reads a picture as somebody does who thinks of nothing else."""
    picture = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    return tf.image.resize(picture, (size, size))


def plain(paths, boxes, labels, *, size, batch_size, join=False):
    """Returns batches of the plainest `tf.data` map that is correct.

    Args:
        paths: List of paths of JPEG files.
        boxes: Array `(rows, boxes, 4)`: ymin, xmin, ymax, xmax, relative.
        labels: Array `(rows, boxes)` of class ids.
        size: Height and width of the pictures that are made.
        batch_size: Number of rows per batch.
        join: Whether rotation, zoom and shift are joined, so that a picture
            is drawn once, or are done one after the other.
    """

    def change(path, boxes, labels):
        picture, boxes = flip(read(path, size), boxes)
        maps = [draw_rotation(), draw_zoom(), draw_shift()]
        for linear, offset in (
            [functools.reduce(follow, maps)] if join else maps
        ):
            picture = warp(picture, linear, offset, size)
            boxes = move(boxes, linear, offset)
        rows = drop_hidden(boxes, tf.cast(labels, tf.float32))
        return recolor(picture), rows

    dataset = tf.data.Dataset.from_tensor_slices((paths, boxes, labels))
    dataset = dataset.map(change, tf.data.AUTOTUNE).batch(batch_size)
    return dataset.prefetch(tf.data.AUTOTUNE)


def flip(picture, boxes):
    """Mirrors left to right, or not."""
    mirrored = tf.gather(boxes, [0, 3, 2, 1], axis=1)
    mirrored = mirrored * [1.0, -1.0, 1.0, -1.0] + [0.0, 1.0, 0.0, 1.0]
    return tf.cond(
        tf.random.uniform(()) < SETTINGS["horizontal_flip"],
        lambda: (tf.image.flip_left_right(picture), mirrored),
        lambda: (picture, boxes),
    )


def draw_rotation():
    """A map of x, y: a matrix, and an offset that keeps the middle."""
    limit = math.radians(SETTINGS["rotation"])
    angle = tf.random.uniform((), -limit, limit)
    sine, cosine = tf.sin(angle), tf.cos(angle)
    linear = tf.stack([tf.stack([cosine, -sine]), tf.stack([sine, cosine])])
    return linear, 0.5 - tf.linalg.matvec(linear, [0.5, 0.5])


def draw_zoom():
    """A map of x, y about the middle."""
    limit = math.log(1 + SETTINGS["zoom"])
    linear = tf.exp(tf.random.uniform((), -limit, limit)) * tf.eye(2)
    return linear, 0.5 - tf.linalg.matvec(linear, [0.5, 0.5])


def draw_shift():
    """A map of x, y."""
    shift = SETTINGS["shift"]
    return tf.eye(2), tf.random.uniform((2,), -shift, shift)


def follow(first, second):
    """Joins two maps."""
    linear = second[0] @ first[0]
    return linear, tf.linalg.matvec(second[0], first[1]) + second[1]


def warp(picture, linear, offset, size):
    """Draws a picture; the map goes from middles of pixels to middles."""
    back = tf.linalg.inv(linear)
    middle = tf.constant([0.5, 0.5])
    start = tf.linalg.matvec(back, middle - size * offset) - middle
    row = [back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1]]
    drawn = tf.raw_ops.ImageProjectiveTransformV3(
        images=picture[None],
        transforms=[[*row, 0.0, 0.0]],
        output_shape=(size, size),
        fill_value=0.0,
        interpolation="BILINEAR",
    )
    return tf.ensure_shape(drawn[0], picture.shape)


def recolor(picture):
    """Changes colours, one after the other."""
    share = SETTINGS["brightness"]
    factor = tf.random.uniform((), 1 - share, 1 + share)
    picture = tf.clip_by_value(picture * factor / 255, 0, 1)
    share = SETTINGS["contrast"]
    picture = tf.image.random_contrast(picture, 1 - share, 1 + share)
    share = SETTINGS["saturation"]
    picture = tf.image.random_saturation(picture, 1 - share, 1 + share)
    picture = tf.image.random_hue(picture, SETTINGS["hue"] / 360)
    return tf.clip_by_value(255 * picture, 0, 255)


def move(boxes, linear, offset):
    """Moves the corners of boxes; returns the boxes around them."""
    ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=1)
    corners = [(xmin, ymin), (xmax, ymin), (xmin, ymax), (xmax, ymax)]
    corners = tf.stack([tf.stack(c, axis=-1) for c in corners], axis=1)
    moved = tf.linalg.matvec(linear, corners) + offset
    low, high = tf.reduce_min(moved, axis=1), tf.reduce_max(moved, axis=1)
    return tf.concat([low[:, ::-1], high[:, ::-1]], axis=1)


def drop_hidden(boxes, labels):
    """Cuts boxes off at the edges, drops those nearly out, pads with -1."""
    cut = tf.clip_by_value(boxes, 0, 1)
    area, left = (
        tf.reduce_prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, cut)
    )
    rows = tf.concat([cut, labels[:, None]], axis=1)
    kept = tf.boolean_mask(rows, left >= LEAST_VISIBLE * area)
    missing = tf.shape(rows)[0] - tf.shape(kept)[0]
    padded = tf.pad(kept, [[0, missing], [0, 0]], constant_values=-1)
    return tf.ensure_shape(padded, rows.shape)


def layers(paths, boxes, labels, *, size, batch_size):
    """Returns batches of the layers of Keras, applied to each picture.

    Args:
        paths: List of paths of JPEG files.
        boxes: Array `(rows, boxes, 4)`: ymin, xmin, ymax, xmax, relative.
        labels: Array `(rows, boxes)` of class ids.
        size: Height and width of the pictures that are made.
        batch_size: Number of rows per batch.
    """
    chain = make_layers()

    def change(path, boxes, labels):
        row = {
            "images": read(path, size),
            "bounding_boxes": {"boxes": boxes, "labels": labels},
        }
        for layer in chain:
            row = layer(row)
        moved = row["bounding_boxes"]
        places = tf.gather(moved["boxes"] / size, [1, 0, 3, 2], axis=1)
        ids = tf.cast(moved["labels"], tf.float32)[:, None]
        return row["images"], tf.concat([places, ids], axis=1)

    # In pixels: with relative boxes `RandomRotation` of Keras 3.15 loses them.
    boxes = size * boxes[..., [1, 0, 3, 2]]
    dataset = tf.data.Dataset.from_tensor_slices((paths, boxes, labels))
    dataset = dataset.map(change, tf.data.AUTOTUNE).batch(batch_size)
    return dataset.prefetch(tf.data.AUTOTUNE)


def make_layers():
    """Returns the layers; saturation of Keras is a share from 0 to 1."""
    zoom, shift = SETTINGS["zoom"], SETTINGS["shift"]
    options = {"bounding_box_format": "xyxy"}
    moving = {"fill_mode": "constant", **options}
    color = {"value_range": (0, 255), **options}
    saturation = 0.5 * SETTINGS["saturation"]
    return [
        keras.layers.RandomFlip("horizontal", **options),
        keras.layers.RandomRotation(SETTINGS["rotation"] / 360, **moving),
        keras.layers.RandomZoom((-zoom, zoom), **moving),
        keras.layers.RandomTranslation(shift, shift, **moving),
        keras.layers.RandomBrightness(SETTINGS["brightness"], **color),
        keras.layers.RandomContrast(SETTINGS["contrast"], **color),
        keras.layers.RandomSaturation(
            (0.5 - saturation, 0.5 + saturation), **color
        ),
        keras.layers.RandomHue(SETTINGS["hue"] / 360, **color),
    ]
