"""How long it takes to build a structure, beyond its encoders.

Three tasks on a ResNet18. A structure with a network for each task needs three
encoders, and is given what three take; the rest is what it adds.
"""

import argparse

import structures
import timing

from mm_keras import encoders
from mm_keras import models

TARGET = 3.0


def encoder(depth):
    """Returns a ResNet for pictures of 64 pixels."""
    return encoders.resnet(depth, (64, 64, 3), width=16, stem_stride=2)


def build(structure, depth):
    """Builds an encoder and a structure of three tasks on it."""
    return getattr(models, structure)(
        {"image": encoder(depth)},
        structures.make_tasks()[:3],
        **structures.ARGUMENTS.get(structure, {}),
    )


def count_encoders(model, depth):
    """Returns how many encoders there are in a model, by their first weight."""
    first = encoder(depth).weights[0]
    ending = "/".join(first.path.split("/")[-2:])
    return sum(
        weight.path.endswith(ending) and weight.shape == first.shape
        for weight in model.weights
    )


def row(structure, seconds, count):
    """Returns the row of a structure: what it takes beyond its encoders."""
    beyond = [
        timing.median(getattr(seconds[structure], clock) - count * encoders_of)
        for clock, encoders_of in (
            ("wall", seconds["encoder"].wall),
            ("cpu", seconds["encoder"].cpu),
        )
    ]
    return [
        structure,
        str(count),
        timing.median(seconds[structure].wall).text(),
        *(timing.held(e, at_most=TARGET, digits=2) for e in beyond),
    ]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args(arguments)
    depth, rounds = ((1, 1), 1) if options.quick else (18, 20)
    names = structures.names()
    blocks = {"encoder": timing.timed(lambda: encoder(depth))}
    for name in names:
        blocks[name] = timing.timed(lambda name=name: build(name, depth))
    seconds = timing.interleave(blocks, rounds)
    rows = [
        row(name, seconds, count_encoders(build(name, depth), depth))
        for name in names
    ]
    columns = ["", "encoders", "seconds", "beyond, wall", "beyond, CPU"]
    print(timing.table("Building three tasks on a ResNet18", columns, rows))
    print(f"Target: at most {TARGET:.0f} s beyond the encoders.")


if __name__ == "__main__":
    main()
