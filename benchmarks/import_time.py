"""How long `import mm_keras` takes beyond `import keras`.

Fresh processes take turns; each measures its own import.
"""

import argparse
import subprocess
import sys

import timing

PROGRAM = """
import time
wall, cpu = time.perf_counter(), time.process_time()
import {module}
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
TARGET = 0.3


def block(module):
    """Returns a function that imports a module in a process of its own."""

    def run():
        program = PROGRAM.format(module=module)
        done = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
        )
        wall, cpu = done.stdout.split()[-2:]
        return float(wall), float(cpu)

    return run


def report(seconds):
    """Returns the table of what `timing.interleave` measured."""
    ours, keras = seconds["mm_keras"], seconds["keras"]
    over = timing.median(ours.wall - keras.wall)
    over_cpu = timing.median(ours.cpu - keras.cpu)
    rows = [
        [
            name,
            f"{timing.median(taken.wall).text()} s",
            f"{timing.median(taken.cpu).text()} s",
        ]
        for name, taken in (("`keras`", keras), ("`mm_keras`", ours))
    ]
    beyond = [
        timing.held(e, at_most=TARGET, digits=2) for e in (over, over_cpu)
    ]
    rows.append(["beyond, in seconds", *beyond])
    return (
        timing.table("Import", ["", "wall", "CPU"], rows)
        + f"\nTarget: at most {TARGET} s beyond `import keras`.\n"
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a round or two")
    quick = parser.parse_args(arguments).quick
    blocks = {module: block(module) for module in ("keras", "mm_keras")}
    print(report(timing.interleave(blocks, rounds=1 if quick else 20)))


if __name__ == "__main__":
    main()
