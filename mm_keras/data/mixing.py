import keras
import tensorflow as tf

# An input of this ending says where a modality is there; see
# `mm_keras.encoders.optional`.
PRESENT = "_present"


def mix(datasets, *, tasks):
    """Trains on several data sets at once that have different labels.

    Each batch has the rows of one batch of every data set, taking turns, so
    that their `batch_size` says which share each has. A row has weight 0 for
    the tasks that its data set knows nothing of. Where a data set lacks an
    input that another has, its rows get zeros, and the input
    `<modality>_present` says so: give that modality an encoder made with
    `mm_keras.encoders.optional`.

    An epoch is one pass over the first data set, so put the one there that
    should be seen as a whole; the others begin anew where they end. So one of
    `m` batches beside a first of `n` is read `ceil(n / m)` times an epoch: to
    go on after `k` epochs, load the first with `first_epoch=k` and that one
    with `first_epoch=k * ceil(n / m)`.

    Args:
        datasets: List of data sets of batches, as of `mm_keras.data.load`.
            Inputs and labels of one name have one shape in all of them.
        tasks: List of all tasks, `mm_keras.tasks.Task`. Load each data set
            with those that it has labels for.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`.

    Raises:
        ValueError: If names or shapes do not fit, or nobody has labels for a
            task.

    Example:

    >>> count, total = [mm_keras.tasks.regression(n) for n in ("count", "sum")]
    >>> counted, added = [
    ...     mm_keras.data.load("digit_scenes", "train", tasks=[task])
    ...     for task in (count, total)
    ... ]
    >>> train = mm_keras.data.mix([counted, added], tasks=[count, total])
    >>> inputs, targets, sample_weights = next(iter(train))
    >>> sample_weights["sum"].numpy()[:6]
    array([0., 1., 0., 1., 0., 1.], dtype=float32)
    """
    first, *others = complete(datasets, tasks)
    others = [dataset.repeat() for dataset in others]
    side_by_side = tf.data.Dataset.zip((first, *others))
    return side_by_side.map(_take_turns).prefetch(tf.data.AUTOTUNE)


def chain(datasets, *, tasks):
    """Evaluates on several data sets, one after another, each row once.

    What `mm_keras.data.mix` is for training, this is for validation.

    Args:
        datasets: As in `mm_keras.data.mix`.
        tasks: As in `mm_keras.data.mix`.

    Returns:
        A `tf.data.Dataset` of `(inputs, targets, sample_weights)`: all
        batches of the first data set, then all of the second, and so on.

    Raises:
        ValueError: As in `mm_keras.data.mix`.

    Example:

    >>> count, total = [mm_keras.tasks.regression(n) for n in ("count", "sum")]
    >>> counted, added = [
    ...     mm_keras.data.load("digit_scenes", "test", tasks=[task])
    ...     for task in (count, total)
    ... ]
    >>> test = mm_keras.data.chain([counted, added], tasks=[count, total])
    >>> len(counted), len(test)
    (32, 64)
    """
    chained, *others = complete(datasets, tasks)
    for dataset in others:
        chained = chained.concatenate(dataset)
    return chained.prefetch(tf.data.AUTOTUNE)


def complete(datasets, tasks):
    """Gives every data set all the inputs and targets that any of them has.

    Args:
        datasets: As in `mix`.
        tasks: As in `mix`.

    Returns:
        List of data sets of one structure.
    """
    parts = [unpack(dataset.element_spec) for dataset in datasets]
    inputs = merge("inputs", [inputs for inputs, _, _ in parts])
    targets = merge("targets", [targets for _, targets, _ in parts])
    _check_names(targets, tasks)
    everywhere = set.intersection(*(set(inputs) for inputs, _, _ in parts))
    optional = {n.removesuffix(PRESENT) for n in set(inputs) - everywhere}

    def fill(*batch):
        given, labels, weights = unpack(batch)
        rows = tf.shape(next(iter(given.values())))[0]
        filled = {n: _constant(0, rows, spec) for n, spec in inputs.items()}
        there = {n: tf.fill([rows], float(n in given)) for n in optional}
        flags = {name + PRESENT: flag for name, flag in there.items()}
        known = {
            t.name: _constant(t.target.filler, rows, targets[t.name])
            for t in tasks
        }
        counts = {
            t.name: tf.fill([rows], float(t.name in labels)) for t in tasks
        }
        return filled | flags | given, known | labels, counts | weights

    return [dataset.map(fill, tf.data.AUTOTUNE) for dataset in datasets]


def unpack(batch):
    """Returns inputs, targets and weights of a batch; there may be none."""
    inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
    return inputs, targets or {}, weights or {}


def merge(what, groups):
    """Joins dictionaries of specs; the same name means the same thing."""
    merged = {}
    for group in groups:
        for name, spec in group.items():
            known = merged.setdefault(name, spec)
            if (known.shape[1:], known.dtype) != (spec.shape[1:], spec.dtype):
                raise ValueError(
                    f"Data sets that are joined expect {what} of one name to "
                    f"have one shape and dtype. Received: {name!r} as "
                    f"{known.dtype.name} {tuple(known.shape)} and as "
                    f"{spec.dtype.name} {tuple(spec.shape)}. Load all with one "
                    "`image_size`, or rename one in a view."
                )
    return merged


def _check_names(targets, tasks):
    names = {task.name for task in tasks}
    if set(targets) != names:
        raise ValueError(
            "Data sets that are joined expect labels for all `tasks`, and no "
            f"others. Received: labels for {sorted(targets)}, tasks "
            f"{sorted(names)}. Load each data set with those of the tasks that "
            "it has labels for, and give all of them here."
        )


def _constant(value, rows, spec):
    """A tensor of `rows` rows of the shape of a spec; texts are empty."""
    value = "" if spec.dtype == tf.string else tf.cast(value, spec.dtype)
    return tf.fill([rows, *spec.shape[1:]], value)


def _take_turns(*batches):
    """Joins the rows of batches, spread as evenly as their numbers allow."""
    places = [_places(inputs) for inputs, _, _ in batches]
    order = tf.argsort(tf.concat(places, 0), stable=True)
    return tf.nest.map_structure(
        lambda *parts: tf.gather(tf.concat(parts, 0), order), *batches
    )


def _places(inputs):
    """Where the rows of a batch go, from 0 to 1: their centers, evenly."""
    size = tf.shape(next(iter(inputs.values())))[0]
    return (tf.range(size, dtype=tf.float32) + 0.5) / tf.cast(size, tf.float32)
