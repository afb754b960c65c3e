"""Finds TFDS data sets on disk; builds those that need no network."""

import contextlib
import io
import os
import pathlib
import tempfile

EMBEDDED = ("digit_scenes",)


def register():
    """Registers the embedded data sets, so that `tfds.load` finds them.

    `mm_keras.data.load` does it by itself.

    Example:

    >>> import tensorflow_datasets as tfds
    >>> mm_keras.data.prepare("digit_scenes")
    >>> mm_keras.data.register()
    >>> test = tfds.load("digit_scenes", split="test")
    """
    from mm_keras.data import digit_scenes  # noqa: F401


def prepare(name="digit_scenes", data_dir=None):
    """Makes sure that a data set is on disk, ready to be read.

    `digit_scenes` is built when it is absent, in some 15 seconds. Any other
    data set must have been prepared before: nothing is ever downloaded here.

    Args:
        name: Name of a TFDS data set, such as `"digit_scenes"` or
            `"coco/2017"`.
        data_dir: Folder of prepared data. None means that of TFDS:
            `TFDS_DATA_DIR` or `~/tensorflow_datasets`.

    Raises:
        ValueError: If TFDS does not know the name, or the data set is not on
            disk.
    """
    find_builder(name, data_dir)


def find_builder(name, data_dir=None):
    """Returns the TFDS builder of a data set that is ready to be read."""
    register()
    builder = _make_builder(name, data_dir)
    if os.path.isdir(builder.data_dir):
        return builder
    if builder.name not in EMBEDDED:
        raise ValueError(_how_to_prepare(name, builder))
    _build(builder, name)
    return _make_builder(name, data_dir)


def _make_builder(name, data_dir):
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(
            "Argument `name` expects the name of a data set of TensorFlow "
            "Datasets, or of one prepared in the data folder. Received: "
            f"name={name!r}, data_dir={data_dir!r}. See "
            "https://www.tensorflow.org/datasets/catalog for the names; with "
            "arrays of your own, use `mm_keras.data.from_arrays`."
        ) from error
    except AssertionError as error:
        # How TFDS speaks of a version that is neither on disk nor known.
        raise ValueError(
            "Argument `name` expects a version that is on disk, or that TFDS "
            f"knows. Received: name={name!r}, data_dir={data_dir!r}. Leave the "
            f"version out for the newest one. TFDS said: {error}"
        ) from error


def _how_to_prepare(name, builder):
    root = builder.data_dir.removesuffix(_relative(builder))
    return (
        f"Data set {name!r} expects its prepared files in {builder.data_dir}. "
        "Received: no such folder, and mm_keras downloads nothing by itself. "
        'On a machine with a network run `python -c "import '
        f"tensorflow_datasets as tfds; tfds.builder({name!r})"
        '.download_and_prepare()"`, then copy '
        f"~/tensorflow_datasets/{_relative(builder)} into {root}, or pass "
        f"`data_dir`.{_what_to_fetch(builder)}"
    )


def _what_to_fetch(builder):
    """What TFDS says of files that it cannot download, in one line."""
    if not builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
        return ""
    said = " ".join(builder.MANUAL_DOWNLOAD_INSTRUCTIONS.split())
    return (
        " First fetch some files by hand, into "
        f"~/tensorflow_datasets/downloads/manual: {said}"
    )


def _relative(builder):
    """Path of the data set below the data folder."""
    return str(builder.info.full_name)


def _build(builder, name):
    """Builds an embedded data set in a folder of its own and moves it.

    TFDS names its temporary folder with Python's `random`: two processes that
    were given one seed would write into the same. Here each has its own, and
    whoever comes second finds the place taken and discards its copy.
    """
    target = pathlib.Path(builder.data_dir)
    root = pathlib.Path(str(target).removesuffix(_relative(builder)))
    root.mkdir(parents=True, exist_ok=True)
    print(f"Building {builder.info.full_name} in {root} (once) ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="incomplete.", dir=root) as folder:
        temporary = _make_builder(name, folder)
        _generate(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(temporary.data_dir, target)
        except OSError:
            if not target.is_dir():
                raise


def _generate(builder):
    """Runs the builder without the messages and progress bars of TFDS."""
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare()
    finally:
        tfds.enable_progress_bar()
