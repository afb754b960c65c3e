"""Looks into the files of pictures before any training does."""

import concurrent.futures
import dataclasses
import os

import keras
import tensorflow as tf

from mm_keras.data import decoding

# What may be a picture. What is neither a JPEG nor a PNG is a fault.
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
JPEG_SIGNATURE = b"\xff\xd8\xff"
# With more files, what takes long shows its progress.
MANY = 2000


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What a file turned out to be: a size, or a problem."""

    size: tuple | None = None
    problem: str | None = None


def is_picture(path):
    """Whether the name of a file is that of a picture."""
    return path.lower().endswith(SUFFIXES)


def inspect_pictures(paths, inspect=None):
    """Decodes files with the decoder of training, on all cores.

    Args:
        paths: Paths of files.
        inspect: Function from a path to an `Inspection`. None means
            `inspect_picture`.

    Returns:
        Dictionary from path to `Inspection`.
    """
    paths = list(dict.fromkeys(paths))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(inspect or inspect_picture, paths)
        results = with_progress(results, len(paths))
        return dict(zip(paths, results, strict=True))


def with_progress(items, count):
    """Yields items, and shows how far they are if there are many."""
    bar = keras.utils.Progbar(
        count, verbose=int(count > MANY), interval=1.0, unit_name="file"
    )
    for done, item in enumerate(items, start=1):
        yield item
        bar.update(done)


def inspect_picture(path):
    """Returns the height and the width of a picture, or what is wrong."""
    return inspect_file(path, _decode)


def inspect_file(path, decode):
    """Reads a file; `decode` maps its bytes to an `Inspection`."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        found = decode(data)
    except FileNotFoundError:
        found = Inspection(problem="does not exist")
    except OSError as error:
        found = Inspection(problem=f"cannot be read: {error.strerror}")
    except ValueError:  # With a zero byte, or half a character.
        found = Inspection(problem="is a name that no file can have")
    except tf.errors.InvalidArgumentError:
        cut = f"is corrupt or truncated: its {len(data)} bytes do not decode"
        found = Inspection(problem=cut)
    if found.problem:
        return Inspection(problem=f"{path} {found.problem}")
    return found


def _decode(data):
    """Decodes a picture; of a JPEG all is read, a 64th is computed."""
    if not data:
        return Inspection(problem="is an empty file")
    if data.startswith(JPEG_SIGNATURE):
        tf.io.decode_jpeg(data, channels=3, ratio=8)
        height, width, _ = tf.io.extract_jpeg_shape(data).numpy().tolist()
    elif data.startswith(decoding.PNG_SIGNATURE):
        height, width, _ = tf.io.decode_png(data, channels=3).shape
    else:
        return Inspection(problem="is neither a JPEG nor a PNG")
    return Inspection(size=(height, width))
