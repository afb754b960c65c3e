"""`mm-keras export`."""

from mm_keras_cli import arguments as types
from mm_keras_cli import quiet

HELP = "write a trained model as a file that runs without this package"
FORMATS = ("saved_model",)


def add_arguments(parser):
    """Adds the arguments of the command."""
    types.add_run(parser)
    parser.add_argument(
        "--output",
        required=True,
        help="folder to write: a new or empty one, or that of a SavedModel",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help="what to write (default: %(default)s)",
    )


def run(arguments):
    """Writes the file, and says what it takes and gives."""
    opening = quiet.load("mm_keras_cli.runs.opening")
    export = quiet.load("mm_keras.export")
    earlier = opening.Run.open(arguments.run)
    writers = {"saved_model": export.to_saved_model}
    differences = writers[arguments.format](
        earlier.model, arguments.output, text=earlier.texts()
    )
    serving = earlier.serving_model()
    for title, tensors in (("in", serving.input), ("out", serving.output)):
        for name, tensor in tensors.items():
            shape = ", ".join(str(size or "any") for size in tensor.shape)
            print(f"  {title:3}  {name:24}  {tensor.dtype:8}  ({shape})")
    print(
        f"\nWrote {arguments.output}; its outputs are those of the model, to "
        f"within {max(differences.values()):.1g}."
    )
    return 0
