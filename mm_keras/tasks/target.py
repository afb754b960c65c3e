import dataclasses

import keras

KINDS = (
    "class",
    "labels",
    "number",
    "box",
    "boxes",
    "points",
    "mask",
    "depth",
    "tags",
    "pair",
)


@keras.saving.register_keras_serializable(package="mm_keras")
@dataclasses.dataclass(frozen=True)
class Target:
    """What the label of a task looks like.

    Data loaders, checks and fillers read it, so that a task says once how its
    labels are made.

    | kind | shape of one example | meaning |
    |---|---|---|
    | `"class"` | `()` | a class id; -1 is unlabelled |
    | `"labels"` | `(num_classes,)` | 0 or 1 for each class |
    | `"number"` | `(units,)` | real numbers; NaN is unlabelled |
    | `"box"` | `(4,)` | ymin, xmin, ymax, xmax, relative, 0 to 1 |
    | `"boxes"` | `(max_boxes, 5)` | box and class id; padding rows are -1 |
    | `"points"` | `(num_points, 2)` | y, x, relative; NaN where not visible |
    | `"mask"` | `(height, width, 1)` | a class id per pixel |
    | `"depth"` | `(height, width, 1)` | a depth per pixel; 0, NaN unknown |
    | `"tags"` | `(max_tokens,)` | a class id per token; -1 is none |
    | `"pair"` | `()` | equal ids belong together; -1 is unpaired |

    Args:
        kind: One of the kinds above.
        shape: Shape of one example; None where it may vary.
        dtype: Dtype of the label.
        num_classes: Number of classes, where there are any.
        feature: Name of the feature of the data set that holds the label.
            None means the name of the task.
        filler: Harmless value that stands for a missing label.

    Raises:
        ValueError: If there is no such kind.

    Example:

    >>> mm_keras.tasks.Target("boxes", (100, 5), num_classes=20, filler=-1).kind
    'boxes'
    """

    kind: str
    shape: tuple = ()
    dtype: str = "float32"
    num_classes: int | None = None
    feature: str | None = None
    filler: float = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(
                f"Argument `kind` of Target expects one of {KINDS}. Received: "
                f"kind={self.kind!r}. Choose the kind whose shape your labels "
                "have."
            )
        object.__setattr__(self, "shape", tuple(self.shape))

    def get_config(self):
        config = dataclasses.asdict(self)
        return {**config, "shape": list(self.shape)}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
