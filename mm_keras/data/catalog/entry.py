"""An entry of the catalog: a view, and what can be said of it beforehand."""

import collections.abc
import dataclasses

# Of several configurations, that which TFDS takes by itself comes first.
ENTRIES = {}


@dataclasses.dataclass(frozen=True)
class Feature:
    """One thing that a data set offers as labels.

    Args:
        kind: What it is: one of the kinds of `mm_keras.tasks.Target`,
            `"points"` or `"text"`.
        about: What it means, in a few words.
        size: Number of classes, of numbers or of points. None where there is
            none.
        arguments: Dictionary of further arguments of the task that fits.
    """

    kind: str
    about: str
    size: int | None = None
    arguments: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Entry:
    """What one data set offers; it prints as a table.

    Args:
        name: Name by which TFDS knows the data set, with its configuration if
            it has several.
        about: What it shows, in one sentence.
        inputs: Dictionary from modality to what it is, in a few words.
        features: Dictionary from feature to `Feature`.
        view: Function that makes them of an example, see
            `mm_keras.data.register_view`.
        unlabelled: Names of splits whose labels were never published.
        derived: Dictionary of those features that follow from groups of
            objects, see `mm_keras.data.derived`.
    """

    name: str
    about: str
    inputs: dict
    features: dict
    view: collections.abc.Callable
    unlabelled: tuple = ()
    derived: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        rows = [
            *((name, "input", about) for name, about in self.inputs.items()),
            *(
                (name, _kind(feature), feature.about)
                for name, feature in self.features.items()
            ),
        ]
        first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
        lines = [
            f"  {n:{first}}  {k:{second}}  {about}" for n, k, about in rows
        ]
        return "\n".join([f"{self.name}: {self.about}", *lines])


def _kind(feature):
    """The kind of a feature and how many, such as `class x 37`."""
    if feature.size is None:
        return feature.kind
    return f"{feature.kind} x {feature.size}"


def entry(name, about, *, inputs, features, unlabelled=(), derived=None):
    """Puts a view into the catalog, with what it offers.

    Args:
        name: As in `Entry`.
        about: As in `Entry`.
        inputs: As in `Entry`.
        features: As in `Entry`.
        unlabelled: As in `Entry`.
        derived: As in `Entry`; None for no feature.

    Returns:
        A decorator of views, see `mm_keras.data.register_view`.
    """

    def decorate(view):
        ENTRIES[name] = Entry(
            name, about, inputs, features, view, unlabelled, derived or {}
        )
        return view

    return decorate


def offers(name):
    """Says what a data set of the catalog offers as inputs and labels.

    Args:
        name: Name of the data set. A version is of no account, nor is a
            configuration that the catalog does not know.

    Returns:
        An `Entry` with `inputs` and `features` by name; it prints as a table.

    Raises:
        ValueError: If the catalog does not know the data set.

    Example:

    >>> print(mm_keras.data.offers("cifar100"))
    cifar100: 60,000 small photographs of 100 things in 20 groups.
      image         input        32 x 32 x 3, 0-255
      label         class x 100  what it shows
      coarse_label  class x 20   the group it belongs to
    """
    found = find(name)
    if found is None:
        raise ValueError(
            "Argument `name` expects a data set of the catalog: "
            f"{sorted(ENTRIES)}. Received: {name!r}. For any other name of "
            "TFDS say what it offers with `mm_keras.data.register_view`, and "
            "make the tasks by hand."
        )
    return found


def find(name):
    """Returns the `Entry` of a name, or else one of its data set, or None."""
    full = name.split(":")[0]
    base = full.split("/")[0]
    same = [e for e in ENTRIES.values() if e.name.split("/")[0] == base]
    return ENTRIES.get(full) or next(iter(same), None)


def check_classes(name, view, tasks):
    """Raises if a data set has more classes than a task has room for.

    Args:
        name: Name of the data set.
        view: The view that is in force, which may be a user's own.
        tasks: List of `mm_keras.tasks.Task`, or None.

    Raises:
        ValueError: If class ids would be out of range.
    """
    known = find(name)
    if known is None or view is not known.view:
        return
    for task in tasks or ():
        target = task.target
        name_of_feature, _, part = (target.feature or task.name).partition("/")
        feature = known.features.get(name_of_feature)
        if feature is None:
            continue
        # The classes of boxes may be read alone.
        if feature.kind != ("boxes" if part == "label" else target.kind):
            continue
        if (target.num_classes or feature.size or 0) < (feature.size or 0):
            raise ValueError(
                f"Task {task.name!r} expects {target.num_classes} classes. "
                f"Received: data set {name!r}, which has {feature.size} of "
                f"them. Set `num_classes={feature.size}`."
            )


def check_labelled(full_name, split, tasks):
    """Raises if labels are asked for that nobody published.

    TFDS gives such a picture an empty list of objects, which would teach that
    there is nothing to be seen.

    Args:
        full_name: Name, configuration and version: `"voc/2012/5.0.0"`.
        split: Name of a split, a part or a sum of some.
        tasks: List of `mm_keras.tasks.Task`, or None.

    Raises:
        ValueError: If a task reads labels of a split without any.
    """
    closed = {
        split
        for name, known in ENTRIES.items()
        if f"{full_name}/".startswith(f"{name}/")
        for split in known.unlabelled
    }
    parts = {part.split("[")[0].strip() for part in str(split).split("+")}
    if "all" in parts:
        parts |= closed
    asked = [task.name for task in tasks or () if task.target.kind != "pair"]
    if asked and closed & parts:
        raise ValueError(
            f"Split {str(split)!r} of data set {full_name!r} expects no tasks: "
            f"the labels of {sorted(closed & parts)} were never published. "
            f"Received: tasks {asked}. Choose another split, or pass "
            "`tasks=[]` to predict on its pictures."
        )
