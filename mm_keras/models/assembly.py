"""What every structure begins and ends with."""

from mm_keras.models import features
from mm_keras.training.multi_task_model import MultiTaskModel


def make_heads(tasks):
    """Returns a fresh head for each task, by name."""
    listed = isinstance(tasks, list | tuple)
    names = [task.name for task in tasks] if listed else tasks
    if not listed or not names or len(set(names)) < len(names):
        raise ValueError(
            "Argument `tasks` expects a list of tasks with different names. "
            f"Received: {names}. Give each task a name of its own."
        )
    return {task.name: task.make_head() for task in tasks}


def make_many_heads(tasks, structure):
    """Returns a fresh head for each task of a structure that needs several."""
    heads = make_heads(tasks)
    if len(heads) < 2:
        raise ValueError(
            f"Argument `tasks` of {structure} expects at least two tasks, "
            f"between which something is shared. Received: {list(heads)}. Add "
            "a task, or use `mm_keras.models.hard_sharing`."
        )
    return heads


def predict(heads, features_of):
    """Applies each head to the view it reads.

    Args:
        heads: Dictionary from task to head.
        features_of: Dictionary from task to its features by view.

    Returns:
        Dictionary from task to raw output.
    """
    return {
        task: head(features_of[task][features.view_of(head)])
        for task, head in heads.items()
    }


def compiled(
    inputs, outputs, tasks, *, optimizer, balancing, name, cls=MultiTaskModel
):
    """Returns the model of these inputs and outputs, compiled."""
    model = cls(inputs, outputs, tasks=tasks, name=name)
    model.compile(optimizer, balancing=balancing)
    return model
