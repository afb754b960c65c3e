"""`mm-keras demo`."""

import pathlib

from mm_keras_cli import quiet


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
