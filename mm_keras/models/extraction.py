"""Experts of each task beside shared ones, one level after another."""

import keras

from mm_keras import layers
from mm_keras.models import experts
from mm_keras.models import view_parts


def check(num_levels, num_experts, num_shared_experts, structure):
    """Raises unless there are levels, and experts between which to choose."""
    if num_levels < 1 or num_experts < 1 or num_shared_experts < 0:
        raise ValueError(
            f"{structure} expects at least one level, at least one expert per "
            "task, and no negative number of shared experts. Received: "
            f"num_levels={num_levels}, num_experts={num_experts}, "
            f"num_shared_experts={num_shared_experts}. Pass for example "
            "num_experts=2, num_shared_experts=2."
        )
    together = num_experts + num_shared_experts
    experts.check_number(
        together, structure, "num_experts + num_shared_experts"
    )


def own_features(heads, shared, structure, endings, counts, units):
    """Builds what each task reads behind its own and the shared experts.

    Args:
        heads: Dictionary from task to head.
        shared: Features by view.
        structure: Name of the structure, for messages.
        endings: What the names of layers end with, for each level.
        counts: Number of experts of each task, and number of shared ones.
        units: As in `mm_keras.models.experts.outputs_of`.

    Returns:
        Dictionary from task to its features by view. Views without experts
        pass unchanged.
    """
    own = {task: dict(shared) for task in heads}
    for view, tasks in experts.readers(heads, structure).items():
        read = extract(view, tasks, shared[view], endings, counts, units)
        for task in tasks:
            own[task][view] = read[task]
    return own


def extract(view, tasks, features, endings, counts, units):
    """Returns what each task reads of one view, behind all levels."""
    shared = f"shared_{view}"
    numbers = dict.fromkeys(tasks, counts[0])
    if counts[1]:
        numbers[shared] = counts[1]
    # The gate of a task chooses among these, that of the shared ones among all.
    choices = {who: [n for n in numbers if n in (who, shared)] for who in tasks}
    read = dict.fromkeys(numbers, features)
    for ending in endings:
        outputs = {
            who: experts.outputs_of(
                view, read[who], number, units, f"{who}_experts{ending}"
            )
            for who, number in numbers.items()
        }
        # Behind the last level nobody reads what is shared.
        readers = tasks if ending == endings[-1] else numbers
        read = {
            who: mix(
                view,
                read[who],
                [outputs[name] for name in choices.get(who, numbers)],
                who,
                ending,
            )
            for who in readers
        }
    return read


def mix(view, features, outputs, who, ending):
    """Weighs experts with the gate of a task, or of the shared experts.

    Args:
        view: Name of the view.
        features: The view that the gate looks at.
        outputs: List of stacks of outputs of experts.
        who: What the names of layers begin with.
        ending: What they end with.
    """
    seen = experts.looked_at(view, features, f"{who}_pooling{ending}")
    stack = join(outputs, f"{who}_choice{ending}")
    mixed = layers.GatedMixture(name=f"{who}_mixture{ending}")(seen, stack)
    return view_parts.with_tensors(view, features, mixed)


def join(outputs, name):
    """Puts stacks of experts, or of each level of a pyramid, in a row."""
    if len(outputs) == 1:
        return outputs[0]
    if not isinstance(outputs[0], dict):
        return keras.layers.Concatenate(axis=1, name=name)(outputs)
    return {
        level: keras.layers.Concatenate(axis=1, name=f"{name}_{level}")(
            [output[level] for output in outputs]
        )
        for level in outputs[0]
    }
