"""`mm-keras doctor`."""

import os
import pathlib
import platform
from importlib import metadata

from mm_keras_cli import arguments as types
from mm_keras_cli import quiet

HELP = "check what is installed and where data is kept"
PACKAGE = "mm-keras"
# Extras that only those who work on the package need.
PRIVATE_EXTRAS = ("test",)


def add_arguments(parser):
    """Adds the arguments of the command."""
    types.add_data_dir(parser)


def run(arguments):
    """Prints what is installed; returns 1 if something has to be done."""
    problems = [*check_packages()]
    problems = problems or [*check_backend()]
    problems = problems or [*check_data(arguments.data_dir)]
    for problem in problems:
        print(f"\n! {problem}")
    print("" if problems else "\nEverything that is needed is there.")
    return 1 if problems else 0


def show(name, value):
    print(f"{name:24} {value}")


def check_packages():
    """Shows the versions of all packages; yields what is wrong with them."""
    from packaging.requirements import Requirement

    show("system", f"{platform.platform()}, {os.cpu_count()} processors")
    try:
        about = metadata.metadata(PACKAGE)
        needed = [Requirement(r) for r in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:
        yield (
            f"{PACKAGE} is expected to be installed, but was only found as a "
            "folder. Run `pip install .` in the folder of its setup.cfg."
        )
        return
    yield from check_python(about["Requires-Python"])
    show(PACKAGE, about["Version"])
    for requirement in needed:
        if applies(requirement):
            yield from check_package(requirement)
    for extra in about.get_all("Provides-Extra") or ():
        if extra not in PRIVATE_EXTRAS:
            show_extra(extra, needed)


def check_python(supported):
    """Shows the version of Python; yields a problem if it is not supported."""
    from packaging.specifiers import SpecifierSet

    version = platform.python_version()
    show("python", version)
    if not SpecifierSet(supported or "").contains(version, prereleases=True):
        yield (
            f"Python {supported} is expected, received {version}. Make an "
            "environment with a supported one."
        )


def check_package(requirement):
    """Shows the version of a package; yields a problem if it does not fit."""
    version = installed(requirement.name)
    show(requirement.name, version or "not installed")
    if version is None or not requirement.specifier.contains(
        version, prereleases=True
    ):
        wanted = f"{requirement.name}{requirement.specifier}"
        yield (
            f"{wanted} is expected, received {version or 'none'}. Run "
            f"`pip install '{wanted}'`."
        )


def show_extra(extra, needed):
    """Shows whether the packages of an extra are there; none is needed."""
    missing = [
        requirement.name
        for requirement in needed
        if applies(requirement, extra) and installed(requirement.name) is None
    ]
    advice = f"not installed; pip install '{PACKAGE}[{extra}]'"
    show(f"{extra} (optional)", advice if missing else "installed")


def applies(requirement, extra=""):
    """Whether a requirement is one of this system, for an extra or none."""
    marker = requirement.marker
    return marker is None or marker.evaluate({"extra": extra})


def installed(name):
    """Returns the version of a package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_backend():
    """Shows the backend of Keras; yields a problem if it cannot train."""
    try:
        keras = quiet.load("keras")
    except ImportError as error:
        yield (
            "Keras and its backend are expected to be importable; received "
            f"{error}. Install them again in a fresh environment."
        )
        return
    backend = keras.backend.backend()
    show("keras backend", backend)
    if backend != "tensorflow":
        yield (
            "The backend of Keras is expected to be tensorflow, for training, "
            f"data and export; received {backend}. Unset KERAS_BACKEND, or "
            "change ~/.keras/keras.json."
        )
    else:
        show("devices", ", ".join(keras.distribution.list_devices()))


def check_data(data_dir):
    """Shows where data is kept; yields a problem if it cannot be written."""
    import tensorflow_datasets as tfds

    quiet.load("mm_keras").data.register()
    builder = tfds.builder("digit_scenes", data_dir=data_dir, try_gcs=False)
    folder = pathlib.Path(builder.data_dir)
    root = folder.parents[1]
    writable = is_writable(root)
    show("data folder", f"{root}{'' if writable else ', not writable'}")
    if folder.is_dir():
        show("digit_scenes", f"prepared in {folder}")
    elif writable:
        show("digit_scenes", "not prepared; its first use does it, in 15 s")
    else:
        show("digit_scenes", "not prepared")
        yield (
            f"The data folder {root} is expected to be writable, and is not. "
            "Set TFDS_DATA_DIR, or pass --data-dir, to one that is."
        )


def is_writable(folder):
    """Whether a folder, or else the one it would be made in, is writable."""
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
