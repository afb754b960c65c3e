import pathlib

# Says that a folder was made here, and may be written over.
MARK = ".mm-keras-demo"


def make_folder(output, *, mark=MARK, what="the demo"):
    """Makes a folder to write to, unless it holds what was not made here.

    Args:
        output: Path of the folder.
        mark: Name of the file that says that a folder was made here.
        what: What writes to it, in messages.

    Returns:
        The path, a `pathlib.Path`.

    Raises:
        ValueError: If it is a file, or holds what `what` has not written.
    """
    folder = pathlib.Path(output)
    check_folder(folder, mark=mark, what=what)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / mark).touch()
    return folder


def check_folder(folder, *, mark, what):
    """Raises where `make_folder` would."""
    if folder.exists() and not _is_free(folder, mark):
        raise ValueError(
            f"Argument `output` of {what} expects a new or empty folder, or "
            f"that of an earlier run. Received: {folder}, which is or holds "
            "something else. Choose another one."
        )


def _is_free(folder, mark):
    if not folder.is_dir():
        return False
    return (folder / mark).exists() or not any(folder.iterdir())
