import itertools

import keras
from keras import ops

from mm_keras.losses.per_example import keep_rows
from mm_keras.losses.per_example import PerExampleLoss


@keras.saving.register_keras_serializable(package="mm_keras")
class InfoNCE(PerExampleLoss):
    """Pulls together what belongs together and pushes the rest of a batch off.

    Each embedding of one modality has to find, among those of another, its
    own partner: the cross-entropy of a classification with one class per
    example of the batch. Where several examples carry the same id (five
    captions of one picture), all of them are right answers, in equal parts.
    For example `i` and modalities `a` and `b`:

        logits[j] = dot(embeddings[i, a], embeddings[j, b])
        loss[i] = -mean_{j: ids[j] == ids[i]} log_softmax(logits)[j]

    averaged over all ordered pairs of modalities, hence over both directions.

    The loss neither normalizes nor scales: `mm_keras.layers.AlignmentHead`
    gives embeddings whose inner products are cosines over a temperature, and
    learns the temperature (a variable inside a loss would never be trained).

    Rows of id -1 or weight 0 are neither anchors nor negatives and have loss
    0. A row alone in its batch has loss 0; where all ids are equal the loss is
    at least `log(batch)`; embeddings of zeros give equal logits.

    Args:
        **kwargs: Arguments of `mm_keras.losses.PerExampleLoss`.

    Call arguments:
        y_true: Pair ids, integers of shape `(batch,)`; -1 means unpaired.
            Equal ids are positives. The loss computes in float32, which tells
            integers apart up to 2 ** 24.
        y_pred: Embeddings, of shape `(batch, modalities, units)`.

    Raises:
        ValueError: If the embeddings are not those of two modalities or more.

    Example:

    >>> embeddings = np.array([[[2.0, 0.0]] * 2, [[0.0, 2.0]] * 2])
    >>> loss = mm_keras.losses.InfoNCE()
    >>> round(float(loss(np.array([0, 1]), embeddings)), 4)    # log(1 + e^-4)
    0.0181

    Reference:
        [Oord et al., 2018](https://arxiv.org/abs/1807.03748), in the symmetric
        form of [Radford et al., 2021](https://arxiv.org/abs/2103.00020).
    """

    filler = -1

    def __init__(self, *, name="info_nce", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, y_true, y_pred):
        check_embeddings(y_pred)
        ids = ops.reshape(y_true, (-1,))
        paired = ids >= 0
        embeddings = keep_rows(paired, y_pred, 0.0)
        targets = partners(ids, paired, embeddings.dtype)
        losses = [
            one_direction(embeddings[:, a], embeddings[:, b], targets, paired)
            for a, b in itertools.permutations(range(y_pred.shape[1]), 2)
        ]
        return sum(losses) / len(losses)


def partners(ids, paired, dtype):
    """Returns rows of target probabilities; zeros for unpaired rows."""
    equal = ops.equal(ids[:, None], ids[None, :])
    equal = ops.logical_and(equal, paired[:, None])
    equal = ops.cast(equal, dtype)
    count = ops.sum(equal, axis=1, keepdims=True)
    return equal / ops.maximum(count, 1.0)


def one_direction(anchors, candidates, targets, paired):
    logits = ops.matmul(anchors, ops.transpose(candidates))
    logits = ops.where(paired[None, :], logits, -1e9)
    # An unpaired column has target 0, and its log-probability is finite.
    return -ops.sum(targets * ops.log_softmax(logits, axis=1), axis=1)


def check_embeddings(y_pred):
    if len(y_pred.shape) != 3 or y_pred.shape[1] < 2:
        raise ValueError(
            "InfoNCE expects embeddings of shape (batch, modalities, units) "
            "with at least 2 modalities. Received: "
            f"y_pred.shape={tuple(y_pred.shape)}. Join them with "
            "`keras.ops.stack([image, text], axis=1)`."
        )
