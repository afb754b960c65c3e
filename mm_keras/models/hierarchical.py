import keras

from mm_keras.detection.score_maps import ScoreMaps
from mm_keras.layers.conditioning import Conditioning
from mm_keras.models import assembly
from mm_keras.models import features
from mm_keras.models import reading_order


def hierarchical(
    encoders,
    tasks,
    *,
    order=None,
    stop_gradient=True,
    hidden_units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="hierarchical",
):
    """Tasks in an order: a later one reads what the earlier ones have found.

    ```
    image -> image_encoder -+-> kind_features -+-> kind_head -+-> kind
                            |                  |              |
                            |                  |         kind_reading
                            |                  v              |
                            +-> things_features <-------------+
                                       |
                                       +-> things_head -> things
    ```

    An easy task first, a harder one on its result: what is in the picture,
    then where it is. Each task has features of its own: the shared ones,
    corrected by a small network that reads the shared features, the features
    of the earlier tasks and their decoded predictions. The corrections begin
    at zero, as `mm_keras.models.hard_sharing` does.

    Of a classification the probabilities are read, of a regression its number,
    of a localization its box, of a segmentation or tagging the probabilities
    per pixel or token, of a depth the depth of each pixel, of keypoints
    where they are and the logits of being visible, of a detection the scores
    of its cells; see `mm_keras.layers.Conditioning`.

    Args:
        encoders: As in `mm_keras.models.hard_sharing`.
        tasks: List of `mm_keras.tasks.Task`, at least two.
        order: Dictionary from task to the list of earlier tasks that it reads,
            such as `{"things": ["kind"]}`; a task that it leaves out reads
            none. None means the order of the list: each task reads all before
            it.
        stop_gradient: Whether a later task leaves the predictions that it
            reads as they are. If not, it trains the earlier heads too, where
            the decoding has a gradient.
        hidden_units: Width of the network that corrects features. Defaults to
            a quarter of the channels.
        fusion: As in `mm_keras.models.hard_sharing`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: If the order names an unknown task or has a cycle, there
            are fewer than two tasks, or as in `mm_keras.models.hard_sharing`.

    Example:

    >>> image = mm_keras.encoders.convnet((32, 32, 3), (8, 8))
    >>> tasks = [
    ...     mm_keras.tasks.detection("things", 3, channels=8),
    ...     mm_keras.tasks.classification("kind", 3),
    ... ]
    >>> model = mm_keras.models.hierarchical(
    ...     {"image": image}, tasks, order={"things": ["kind"]}
    ... )
    >>> sorted(model.get_layer("things_features").parts)
    ['P1', 'P2']

    Reference:
        [Hashimoto et al., 2017](https://arxiv.org/abs/1611.01587), for tasks
        of language, there layer upon layer.
    """
    heads = assembly.make_many_heads(tasks, "hierarchical")
    reads = reading_order.of(list(heads), order)
    inputs, shared = features.shared_features(encoders, heads, fusion)
    by_name = {task.name: task for task in tasks}
    features_of, outputs, read = {}, {}, {}
    for task, earlier in reads.items():
        head = heads[task]
        layer = Conditioning(
            hidden_units, stop_gradient=stop_gradient, name=f"{task}_features"
        )
        features_of[task] = layer(
            features.read_by(head, shared),
            {e: features_of[e] for e in earlier} or None,
            {e: read[e] for e in earlier} or None,
        )
        outputs[task] = head(features_of[task])
        if any(task in others for others in reads.values()):
            read[task] = reading(
                by_name[task], head, outputs[task], features_of[task]
            )
    return assembly.compiled(
        inputs,
        {task: outputs[task] for task in heads},
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )


def reading(task, head, output, read):
    """Returns what later tasks read of a prediction.

    Args:
        task: The task that predicts.
        head: Its head.
        output: Its raw output.
        read: The features that the head has read.
    """
    kind, name = task.target.kind, f"{task.name}_reading"
    if kind == "boxes":
        return ScoreMaps(levels=head.levels, name=name)(output, read)
    if kind in ("mask", "tags"):
        output = keras.layers.Softmax(dtype="float32", name=name)(output)
    elif kind in ("pair", "points"):
        output = keras.layers.Flatten(dtype="float32", name=name)(output)
    elif task.decode is not None:
        output = task.make_decode(name)(output)
    if kind == "tags":
        return {"tokens": output, "tokens_mask": read["tokens_mask"]}
    return output
