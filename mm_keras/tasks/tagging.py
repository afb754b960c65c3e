from mm_keras.layers.tag_decoder import TagDecoder
from mm_keras.layers.token_head import TokenHead
from mm_keras.losses.token_cross_entropy import TokenCrossEntropy
from mm_keras.metrics.token_accuracy import TokenAccuracy
from mm_keras.tasks.classification import check_num_classes
from mm_keras.tasks.target import Target
from mm_keras.tasks.task import Task


def tagging(
    name,
    num_classes,
    *,
    max_tokens=64,
    hidden_units=(),
    feature=None,
    weight=1.0,
):
    """One class for each token of a text: parts of speech, entities, borders.

    Reads the tokens. The output is a logit per token and class; decoded, a
    class id per token, -1 for padding. Reports the accuracy over the tokens
    that have a class.

    Args:
        name: Name of the task.
        num_classes: Number of classes, at least 2.
        max_tokens: Number of tokens in the target, that of the ids of a text;
            data loaders cut longer lists and pad shorter ones with -1.
        hidden_units: Widths of hidden layers in the head.
        feature: Name of the feature with the classes; defaults to `name`.
        weight: What the loss is multiplied by.

    Returns:
        A `mm_keras.tasks.Task` whose target is a class id per token, -1 where
        there is no token, or none that anybody labelled.

    Example:

    >>> mm_keras.tasks.tagging("upos", 17, max_tokens=40).target.shape
    (40,)
    """
    check_num_classes("tagging", num_classes)
    return Task(
        name,
        target=Target("tags", (max_tokens,), "int32", num_classes, feature, -1),
        head=TokenHead(num_classes, hidden_units),
        loss=TokenCrossEntropy(),
        metrics=(TokenAccuracy(),),
        decode=TagDecoder(),
        weight=weight,
    )
