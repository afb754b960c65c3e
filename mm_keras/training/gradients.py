"""The training steps of strategies, and what replicas say to each other.

The one place of the package with gradient tapes and with communication between
replicas. Every row below is the gradient of one task (of one part of the
batch, for strategies that need several), and a column is what it says about one
shared tensor: a weight, or a feature.
"""

import tensorflow as tf
from keras import ops
from keras import tree

from mm_keras.balancing.base import GramianBalancing


def num_replicas():
    """Returns the number of replicas that train a model together."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def extra_losses(network):
    """Returns regularizers and losses added by layers, a list of scalars.

    Each replica gets its share, since the optimizer sums over replicas.
    """
    return [ops.sum(loss) / num_replicas() for loss in network.losses]


def balanced_loss(strategy, losses):
    """Returns what a `LossBalancing` makes of the losses of one replica."""
    whole = ops.stack(losses) * num_replicas()
    return strategy(whole) / num_replicas()


def tell_losses_after_step(model, batch):
    """Shows a strategy the losses of a batch after the weights changed."""
    x, y, sample_weight = batch
    y_pred = model(x, training=False)
    losses = model.task_losses(y, y_pred, sample_weight, track=False)
    model.balancing.after_step(_sum_over_replicas(ops.stack(losses)))


def balanced(model, batch):
    """Computes the balanced gradients of a batch.

    Args:
        model: A `MultiTaskModel` compiled with a `GradientBalancing`.
        batch: Inputs, targets and sample weights, three dictionaries.

    Returns:
        The loss before balancing (a scalar), the batch with its predictions
        (a list of `(inputs, targets, sample_weights, predictions)`), and the
        gradients, in the order of `model.trainable_variables`, with None for
        variables that no task reaches.
    """
    strategy, due = model.balancing, None
    if getattr(strategy, "update_every", 1) > 1:
        due = ops.equal(strategy.age, 0)
        age = ops.mod(strategy.age + 1, strategy.update_every)
        strategy.age.assign(age)
    if strategy.level == "features":
        return by_features(model, batch, due)
    return by_parameters(model, batch, due)


def by_parameters(model, batch, due=None):
    """Balances the gradients of the weights that several tasks reach.

    Where `due` is False, the first row is the gradient of the weighted sum of
    the losses and the others are zero: one backward pass for what is shared.
    The rows of the single tasks are still written down, to find what is
    shared, but nothing reads them, and TensorFlow leaves them out of the graph.
    """
    variables = model.trainable_variables
    reached = {}
    if due is None:
        parts = _rows(model, batch, reached)
    else:
        parts = tf.cond(
            due,
            lambda: _rows(model, batch, reached),
            lambda: _rows(model, batch, reached, model.balancing.last_weights),
        )
    loss, losses, passes, columns, own = parts
    # Replicas cannot talk to each other inside of `tf.cond`.
    columns = [_sum_over_replicas(column) for column in columns]
    first = tf.one_hot(0, len(losses))
    combined = _combine(model, columns, losses, due, otherwise=first)
    gradients = [None] * len(variables)
    for i, gradient in zip(reached["own"], own, strict=True):
        gradients[i] = gradient
    for i, gradient in zip(reached["shared"], combined, strict=True):
        whole = tf.reshape(gradient / num_replicas(), variables[i].shape)
        gradients[i] = whole if gradients[i] is None else whole + gradients[i]
    return loss, passes, gradients


def _rows(model, batch, reached, weights=None):
    """Returns loss, losses, passes, columns of the shared variables, the rest.

    Args:
        model, batch: As in `balanced`.
        reached: Dictionary to write the positions to: `"shared"` variables,
            and those that have a gradient of their `"own"`.
        weights: None for a row per task, else those of one joint row.
    """
    variables = [v.value for v in model.trainable_variables]
    scale = model.optimizer.scale_loss
    with tf.GradientTape(persistent=True) as tape:
        passes, losses, extra = _forward(model, model, batch)
        scaled = [scale(loss) for loss in losses]
        scaled_extra = scale(extra)
        if weights is not None:
            joint = tf.reduce_sum(weights * tf.stack(scaled))
    rows = [_gradients(tape, loss, variables) for loss in scaled]
    own = [_mean(list(c), len(passes)) for c in zip(*rows, strict=True)]
    shared = _reached_by_several(rows, num_tasks=len(model.tasks))
    for i in shared:
        own[i] = None
    own = _add(own, _gradients(tape, scaled_extra, variables))
    reached["shared"] = shared
    reached["own"] = [i for i, g in enumerate(own) if g is not None]
    if weights is not None:
        nothing = [None] * len(variables)
        rows = [_gradients(tape, joint, variables), *[nothing] * len(rows[1:])]
    columns = [_stack([row[i] for row in rows], variables[i]) for i in shared]
    loss = sum(losses) / len(passes) + extra
    return loss, losses, passes, columns, [own[i] for i in reached["own"]]


def by_features(model, batch, due=None):
    """Balances the gradients of the features that several tasks read.

    The shared part of the network sees a single backward pass.
    """
    trunk, rest, is_learned = model.split()
    variables = [v.value for v in model.trainable_variables]
    scale = model.optimizer.scale_loss
    x, y, sample_weight = batch
    with tf.GradientTape() as trunk_tape:
        features = tree.flatten(trunk(x, training=True))
        trunk_extra = _extra(trunk)
        scaled_trunk_extra = scale(trunk_extra)
    pairs = zip(features, is_learned, strict=True)
    learned = [feature for feature, flag in pairs if flag]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(learned)
        passes, losses, extra = _forward(
            model, rest, (features, y, sample_weight)
        )
        scaled = [scale(loss) for loss in losses]
        joint = sum(scaled) + scale(extra)
    rows = [_gradients(tape, loss, learned) for loss in scaled]
    columns = [
        _stack(list(column), like)
        for *column, like in zip(*rows, learned, strict=True)
    ]
    combined = _combine(model, columns, losses, due, features=learned)
    combined = [
        tf.cast(tf.reshape(c, tf.shape(f)), f.dtype)
        for c, f in zip(combined, learned, strict=True)
    ]
    gradients = trunk_tape.gradient(
        [*learned, scaled_trunk_extra],
        variables,
        output_gradients=[*combined, tf.ones_like(scaled_trunk_extra)],
    )
    loss = sum(losses) + extra + trunk_extra
    return loss, passes, _add(gradients, _gradients(tape, joint, variables))


def _forward(model, network, batch):
    """Returns the passes, the loss of every row, and the other losses."""
    passes, losses, extras = [], [], []
    for x, y, sample_weight in _parts(batch, model.balancing.num_batches):
        y_pred = network(x, training=True)
        passes.append((x, y, sample_weight, y_pred))
        losses.extend(model.task_losses(y, y_pred, sample_weight))
        extras.append(_extra(network))
    return passes, losses, sum(extras) / len(passes)


def _parts(batch, num_batches):
    """Cuts a batch into independent ones: every second row, and so on."""
    if num_batches == 1:
        return [batch]
    return [
        [_every(part, i, num_batches) for part in batch]
        for i in range(num_batches)
    ]


def _every(part, first, step):
    """Returns every so many rows of the tensors of a dictionary, or None."""
    return part and {name: t[first::step] for name, t in part.items()}


def _extra(network):
    """Returns the sum of the losses that belong to no task."""
    losses = extra_losses(network)
    return tf.add_n(losses) if losses else tf.constant(0.0)


def _gradients(tape, loss, sources):
    """Returns the gradients of a loss as dense tensors, None where none."""
    gradients = tape.gradient(loss, sources)
    return [g if g is None else tf.convert_to_tensor(g) for g in gradients]


def _reached_by_several(rows, num_tasks):
    """Returns the positions of the variables that several tasks reach."""
    tasks = rows[:num_tasks]
    return [
        i
        for i, column in enumerate(zip(*tasks, strict=True))
        if sum(gradient is not None for gradient in column) > 1
    ]


def _stack(column, like):
    """Stacks gradients as rows of a float32 matrix; a missing one is zero."""
    rows = [tf.zeros_like(like) if g is None else g for g in column]
    return tf.stack([tf.cast(tf.reshape(r, (-1,)), tf.float32) for r in rows])


def _mean(column, num_batches):
    """Returns the sum over tasks, averaged over the parts of a batch."""
    present = [g for g in column if g is not None]
    if not present:
        return None
    total = tf.add_n(present) if len(present) > 1 else present[0]
    return total / num_batches if num_batches > 1 else total


def _combine(model, columns, losses, due, otherwise=None, features=None):
    """Returns one gradient per column, as the strategy makes it.

    Strategies see gradients without the scale of half precision.

    Args:
        model: A `MultiTaskModel`.
        columns: Matrices with a row per task.
        losses: Losses of the rows.
        due: Whether new weights are due, a tensor; None if always.
        otherwise: Weights where none are due. None means the last ones.
        features: The features that the columns belong to, if any.
    """
    if not columns:
        # In a batch with targets of one task, nothing reaches two.
        return []
    strategy = model.balancing
    scale = model.optimizer.scale_loss(tf.constant(1.0))
    losses = _sum_over_replicas(ops.stack(losses))
    if isinstance(strategy, GramianBalancing):
        gramian = sum(tf.matmul(c, c, transpose_b=True) for c in columns)
        if features is not None:
            gramian = _sum_over_replicas(gramian)
        weights = _weights(strategy, gramian / scale**2, losses, due, otherwise)
        return [tf.linalg.matvec(c, weights, transpose_a=True) for c in columns]
    joined = tf.concat(columns, 1) / scale
    if strategy.uses_features:
        flat = tf.concat([tf.reshape(f, (-1,)) for f in features], 0)
        joined = strategy(joined, losses, tf.cast(flat, tf.float32))
    else:
        joined = strategy(joined, losses)
    return tf.split(joined * scale, [tf.shape(c)[1] for c in columns])


def _weights(strategy, gramian, losses, due, otherwise):
    """Returns the weights of the rows, new ones where they are due."""

    def fresh():
        weights = strategy.task_weights(gramian, losses)
        strategy.remember(weights)
        return weights

    if due is None:
        return fresh()
    if otherwise is None:
        otherwise = strategy.last_weights.value
    return tf.cond(due, fresh, lambda: otherwise)


def _sum_over_replicas(value):
    """Sums a tensor over the replicas, if there are several."""
    if num_replicas() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def _add(some, others):
    """Adds two lists of gradients, either of which may lack some."""
    return [
        a if b is None else b if a is None else a + b
        for a, b in zip(some, others, strict=True)
    ]
