"""The training steps of strategies that look at the gradient of each task.

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
    strategy = model.balancing
    step = by_features if strategy.level == "features" else by_parameters
    every = getattr(strategy, "update_every", 1)
    if every == 1:
        return step(model, batch)
    due = ops.equal(strategy.age, 0)
    strategy.age.assign(ops.mod(strategy.age + 1, every))
    return _choose(
        due,
        lambda: step(model, batch),
        lambda: step(model, batch, strategy.last_weights),
    )


def by_parameters(model, batch, weights=None):
    """Balances the gradients of the weights that several tasks reach."""
    variables = [v.value for v in model.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        passes, losses, extra = _forward(model, model, batch)
        scaled = [model.optimizer.scale_loss(loss) for loss in losses]
        joint = _scaled_sum(model, losses, weights)
        scaled_extra = model.optimizer.scale_loss(extra)
    rows = [_gradients(tape, loss, variables) for loss in scaled]
    shared = _reached_by_several(rows, num_tasks=len(model.tasks))
    gradients = [
        _mean(column, len(passes)) for column in zip(*rows, strict=True)
    ]
    if weights is None:
        columns = [_stack([r[i] for r in rows], variables[i]) for i in shared]
        columns = [_sum_over_replicas(column) for column in columns]
        combined = _combine(model, columns, losses)
        combined = [c / num_replicas() for c in combined]
    else:
        combined = _gradients(tape, joint, [variables[i] for i in shared])
    for i, gradient in zip(shared, combined, strict=True):
        gradients[i] = tf.reshape(gradient, variables[i].shape)
    others = _gradients(tape, scaled_extra, variables)
    return sum(losses) / len(passes) + extra, passes, _add(gradients, others)


def by_features(model, batch, weights=None):
    """Balances the gradients of the features that several tasks read.

    The shared part of the network sees a single backward pass.
    """
    trunk, rest = model.split()
    variables = [v.value for v in model.trainable_variables]
    x, y, sample_weight = batch
    with tf.GradientTape() as trunk_tape:
        features = tree.flatten(trunk(x, training=True))
        trunk_extra = _extra(trunk)
        scaled_trunk_extra = model.optimizer.scale_loss(trunk_extra)
    learned = [f for f in features if f.dtype.is_floating]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(learned)
        passes, losses, extra = _forward(
            model, rest, (features, y, sample_weight)
        )
        scaled = [model.optimizer.scale_loss(loss) for loss in losses]
        joint = sum(scaled) + model.optimizer.scale_loss(extra)
    rows = [_gradients(tape, loss, learned) for loss in scaled]
    columns = [
        _stack(list(column), like)
        for *column, like in zip(*rows, learned, strict=True)
    ]
    flat = [tf.reshape(f, (-1,)) for f in learned]
    combined = _combine(model, columns, losses, weights, features=flat)
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


def _choose(due, new, old):
    """Returns the result of one of two steps, whose gradients may be None."""
    kept = []

    def dense(step):
        loss, passes, gradients = step()
        kept[:] = [g is not None for g in gradients]
        return loss, passes, [g for g in gradients if g is not None]

    loss, passes, gradients = tf.cond(
        due, lambda: dense(new), lambda: dense(old)
    )
    remaining = iter(gradients)
    return loss, passes, [next(remaining) if keep else None for keep in kept]


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
        tree.map_structure(lambda t, i=i: t[i::num_batches], batch)
        for i in range(num_batches)
    ]


def _extra(network):
    """Returns the sum of the losses that belong to no task."""
    losses = extra_losses(network)
    return tf.add_n(losses) if losses else tf.constant(0.0)


def _scaled_sum(model, losses, weights):
    """Returns the weighted sum of the losses, scaled for half precision."""
    if weights is None:
        return None
    return model.optimizer.scale_loss(ops.sum(weights * ops.stack(losses)))


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


def _combine(model, columns, losses, weights=None, features=None):
    """Returns one gradient per column, as the strategy makes it.

    Strategies see gradients without the scale of half precision.
    """
    strategy = model.balancing
    scale = model.optimizer.scale_loss(tf.constant(1.0))
    losses = _sum_over_replicas(ops.stack(losses))
    if isinstance(strategy, GramianBalancing):
        if weights is None:
            gramian = sum(tf.matmul(c, c, transpose_b=True) for c in columns)
            if features is not None:
                gramian = _sum_over_replicas(gramian)
            weights = strategy.task_weights(gramian / scale**2, losses)
            strategy.remember(weights)
        return [tf.linalg.matvec(c, weights, transpose_a=True) for c in columns]
    extras = [tf.concat(features, 0)] if strategy.uses_features else []
    sizes = [tf.shape(column)[1] for column in columns]
    joined = strategy(tf.concat(columns, 1) / scale, losses, *extras)
    return tf.split(joined * scale, sizes)


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
