"""What a model predicts for one example, in words and for JSON."""

import numpy as np

# From this probability on a label is there.
THRESHOLD = 0.5
# So many parts of an answer are told in words.
SHOWN = 8
# How sure a part of an answer is, or how large.
CERTAINTIES = ("probability", "score", "share")


def answers(tasks, found, row, names, least_score):
    """Returns what is predicted for one example, as JSON can hold it.

    Args:
        tasks: List of the tasks of the model.
        found: What its serving model predicts for a batch, by name.
        row: Number of the example in the batch.
        names: Dictionary from task to the names of its classes.
        least_score: Boxes of a lower score are left out.

    Returns:
        Dictionary from task to what it found.
    """
    own = {}
    for task in tasks:
        known = names.get(task.name)
        if task.target.kind == "boxes":
            own[task.name] = _boxes(found, task, row, known, least_score)
        elif task.target.kind == "points":
            own[task.name] = _points(found, task, row)
        else:
            read = _READERS[task.target.kind]
            own[task.name] = read(found[task.name][row], task, known)
    return own


def words(answer):
    """Returns an answer in a few words."""
    if not isinstance(answer, list):
        return _word(answer)
    shown = [_word(part) for part in answer[:SHOWN]]
    if len(answer) > SHOWN:
        shown.append(f"{len(answer) - SHOWN} more")
    return ", ".join(shown) or "none"


def _word(answer):
    """Returns one part of an answer in a few words."""
    if isinstance(answer, float):
        return f"{answer:.4g}"
    if not isinstance(answer, dict):
        return str(answer)
    if "class" in answer:
        (number,) = (answer[key] for key in CERTAINTIES if key in answer)
        return f"{answer.get('name', answer['class'])} ({number:.2f})"
    numbers = {k: v for k, v in answer.items() if isinstance(v, float)}
    return ", ".join(f"{key} {_word(value)}" for key, value in numbers.items())


def _boxes(found, task, row, names, least_score):
    """Returns a dictionary for each box."""
    parts = ("boxes", "classes", "scores")
    columns = [found[f"{task.name}_{part}"][row] for part in parts]
    return [
        {
            "box": _floats(box),
            **_named(class_id, names),
            "score": float(score),
        }
        for box, class_id, score in zip(*columns, strict=True)
        if class_id >= 0 and score >= least_score
    ]


def _points(found, task, row):
    """Returns a dictionary for each point."""
    parts = (found[f"{task.name}_{part}"][row] for part in ("points", "scores"))
    return [
        {"y": float(y), "x": float(x), "score": float(score)}
        for (y, x), score in zip(*parts, strict=True)
    ]


def _class(probabilities, task, names):
    best = probabilities.argmax()
    return _labelled(best, probabilities[best], names)


def _labels(probabilities, task, names):
    return [
        _labelled(class_id, probabilities[class_id], names)
        for class_id in np.flatnonzero(probabilities > THRESHOLD)
    ]


def _labelled(class_id, probability, names):
    return {**_named(class_id, names), "probability": float(probability)}


def _mask(mask, task, names):
    """Returns the share of the pixels of each class, the largest first."""
    ids, counts = np.unique(mask, return_counts=True)
    if names and len(names) == task.target.num_classes - 1:
        names = ("background", *names)
    shares = sorted(zip(counts / mask.size, ids, strict=True), reverse=True)
    return [
        {**_named(class_id, names), "share": float(share)}
        for share, class_id in shares
    ]


def _depth(depth, task, names):
    """Returns the range of the depths, and their mean."""
    numbers = {"least": depth.min(), "mean": depth.mean(), "most": depth.max()}
    return {name: float(number) for name, number in numbers.items()}


def _tags(ids, task, names):
    return [_named(i, names).get("name", int(i)) for i in ids if i >= 0]


def _numbers(numbers, task, names):
    return _floats(np.ravel(numbers))


def _embeddings(embeddings, task, names):
    """Returns an embedding for each modality; the first two, compared."""
    first, second = embeddings[:2]
    return {
        "similarity": float(first @ second),
        "embeddings": [_floats(embedding) for embedding in embeddings],
    }


def _named(class_id, names):
    known = {"name": names[int(class_id)]} if names else {}
    return {"class": int(class_id), **known}


def _floats(array):
    return [float(number) for number in array]


_READERS = {
    "box": _numbers,
    "class": _class,
    "depth": _depth,
    "labels": _labels,
    "mask": _mask,
    "number": _numbers,
    "pair": _embeddings,
    "tags": _tags,
}
