"""Which tasks read the results of which others."""

import graphlib


def of(names, order):
    """Puts tasks in an order in which each comes behind those that it reads.

    Args:
        names: Names of all tasks.
        order: Dictionary from task to the list of tasks it reads, or None:
            each task reads all before it in `names`.

    Returns:
        Dictionary from every task to the list of tasks it reads, in an order
        to compute them in.

    Raises:
        ValueError: If the order names an unknown task, or has a cycle.
    """
    if order is None:
        return {name: names[:i] for i, name in enumerate(names)}
    check(names, order)
    reads = {name: list(order.get(name, ())) for name in names}
    try:
        sequence = list(graphlib.TopologicalSorter(reads).static_order())
    except graphlib.CycleError as error:
        cycle = " <- ".join(error.args[1])
        raise ValueError(
            "Argument `order` expects tasks that read earlier ones only. "
            f"Received: a cycle, {cycle}. Let one of these tasks not read the "
            "other."
        ) from error
    return {name: reads[name] for name in sequence}


def check(names, order):
    """Raises unless an order is a dictionary of lists of known names."""
    lists = isinstance(order, dict) and all(
        isinstance(earlier, list | tuple) for earlier in order.values()
    )
    if not lists:
        raise ValueError(
            "Argument `order` expects a dictionary from task to the list of "
            f"earlier tasks that it reads. Received: order={order!r}. Pass for "
            'example {"things": ["kind"]}.'
        )
    named = [*order, *(name for earlier in order.values() for name in earlier)]
    unknown = sorted({name for name in named if name not in names})
    if unknown:
        raise ValueError(
            f"Argument `order` expects names among the tasks {names}. "
            f"Received: {unknown} too. Add such a task, or correct its name."
        )
