"""Experts between the shared features and the heads."""

from mm_keras import layers
from mm_keras.models import features as features_module
from mm_keras.models import view_parts

KINDS = {
    "vector": layers.DenseExperts,
    "tokens": layers.DenseExperts,
    "pyramid": layers.ConvolutionExperts,
}


def readers(heads, structure):
    """Returns the tasks that read each view on which there can be experts.

    Args:
        heads: Dictionary from task to head.
        structure: Name of the structure, for the message.

    Returns:
        Dictionary from view to a list of tasks.

    Raises:
        ValueError: If no task reads such a view.
    """
    reading = {}
    for task, head in heads.items():
        reading.setdefault(features_module.view_of(head), []).append(task)
    found = {view: tasks for view, tasks in reading.items() if view in KINDS}
    if not found:
        raise ValueError(
            f"{structure} expects a task that reads one of the views "
            f"{list(KINDS)}, on which it has experts. Received tasks that "
            f"read: {reading}. Add such a task, or use "
            "`mm_keras.models.hard_sharing`."
        )
    return found


def check_number(num_experts, structure, argument="num_experts"):
    """Raises unless there are at least two experts to weigh."""
    if num_experts < 2:
        raise ValueError(
            f"Argument `{argument}` of {structure} expects at least two "
            f"experts, between which a gate can choose. Received: "
            f"{argument}={num_experts}. Pass for example 4, or use "
            "`mm_keras.models.hard_sharing`."
        )


def outputs_of(view, features, num_experts, units, name):
    """Builds experts on a view; returns their stacked outputs.

    Args:
        view: Name of the view.
        features: The view that the experts read.
        num_experts: Number of experts.
        units: Width of the experts, or the widths of their layers. None means
            the width of what they read.
        name: Name of the layer.
    """
    read = view_parts.tensors_of(view, features)
    if units is None:
        first = next(iter(read.values())) if view == "pyramid" else read
        units = first.shape[-1]
    return KINDS[view](num_experts, units, name=name)(read)


def looked_at(view, features, name):
    """Returns the vector that a gate looks at."""
    if view == "vector":
        return features
    return layers.ViewPooling(name=name)(features)


def with_gate_per_task(heads, shared, structure, num_experts, units, mixture):
    """Builds experts that all tasks of a view share, and a gate for each task.

    Args:
        heads: Dictionary from task to head.
        shared: Features by view.
        structure: Name of the structure, for messages.
        num_experts, units: As in `outputs_of`.
        mixture: Function from a name to a layer of experts' mixture.

    Returns:
        Dictionary from task to its features by view. Views without experts
        pass unchanged.
    """
    own = {task: dict(shared) for task in heads}
    for view, tasks in readers(heads, structure).items():
        read = shared[view]
        outputs = outputs_of(view, read, num_experts, units, f"{view}_experts")
        seen = looked_at(view, read, f"{view}_pooling")
        for task in tasks:
            mixed = mixture(name=f"{task}_mixture")(seen, outputs)
            own[task][view] = view_parts.with_tensors(view, read, mixed)
    return own
