"""`mm-keras demo`."""

import pathlib

from mm_keras_cli import arguments as types
from mm_keras_cli import quiet

HELP = "train, measure, export and show a network, in some minutes"


def add_arguments(parser):
    """Adds the arguments of the command."""
    parser.add_argument(
        "--output",
        default="mm-keras-demo",
        help="folder to write (default: %(default)s)",
    )
    parser.add_argument(
        "--steps",
        type=types.positive_integer,
        help="number of training steps (default: those of the README); "
        "measuring and exporting takes half a minute more",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of weights and data (default: %(default)s)",
    )
    types.add_data_dir(parser)


def run(arguments):
    """Runs the demo and prints what each task reached."""
    demo = quiet.load("mm_keras.demo")
    steps = {} if arguments.steps is None else {"steps": arguments.steps}
    result = demo.run(
        arguments.output,
        seed=arguments.seed,
        data_dir=arguments.data_dir,
        **steps,
    )
    training = result["training"]
    print(
        f"\nOn the test split, after {training['steps']} steps "
        f"({training['seconds']:.0f} s; {result['seconds']:.0f} s in all):\n"
    )
    print(demo.table(result["test"]))
    print(f"\nNow open {pathlib.Path(arguments.output) / 'index.html'}")
    return 0
