import pathlib

# Says that a folder was made here, and may be written over.
MARK = ".mm-keras-demo"


def make_folder(output):
    """Makes the folder of the demo, unless it holds what was not made here.

    Args:
        output: Path of the folder.

    Returns:
        The path, a `pathlib.Path`.

    Raises:
        ValueError: If it is a file, or holds what the demo has not written.
    """
    folder = pathlib.Path(output)
    if folder.exists() and not _is_free(folder):
        raise ValueError(
            "Argument `output` of the demo expects a new or empty folder, or "
            f"that of an earlier run. Received: {folder}, which is or holds "
            "something else. Choose another one."
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return folder


def _is_free(folder):
    if not folder.is_dir():
        return False
    return (folder / MARK).exists() or not any(folder.iterdir())
