import keras
from keras import ops


@keras.saving.register_keras_serializable(package="mm_keras")
class Balancing(keras.layers.Layer):
    """Base of all strategies: what turns the tasks into one update.

    They compute in float32 under any global policy, since inner products of
    gradients overflow half precision. All of their state is saved with the
    model, random generators included, so that a resumed run goes on as if it
    had not been interrupted. Weights saved with another strategy load too: the
    state of this one then starts afresh.
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def rows_shape(self, num_tasks):
        """Returns the shape of what the strategy is called with."""
        return (num_tasks,)

    def save_own_variables(self, store):
        for i, variable in enumerate(self.variables):
            store[f"{type(self).__name__}_{i}"] = ops.convert_to_numpy(variable)

    def load_own_variables(self, store):
        for i, variable in enumerate(self.variables):
            key = f"{type(self).__name__}_{i}"
            if key in store and store[key].shape == tuple(variable.shape):
                variable.assign(store[key])


@keras.saving.register_keras_serializable(package="mm_keras")
class LossBalancing(Balancing):
    """Base of strategies that need only the losses: one backward pass.

    Subclasses implement `call(losses)`, from the weighted losses of the tasks,
    of shape `(num_tasks,)`, to the scalar to minimize. Weights of the layer,
    if any, are trained with those of the model.

    A strategy that wants to know what its step did sets
    `uses_losses_after_step = True` and implements `after_step(losses)`: it is
    called with the losses of the same batch after the weights were updated,
    at the cost of one more forward pass.

    Example:

    >>> class Largest(mm_keras.balancing.LossBalancing):
    ...     def call(self, losses):
    ...         return keras.ops.max(losses)
    >>> float(Largest()(np.array([1.0, 2.0])))
    2.0
    """

    uses_losses_after_step = False

    def after_step(self, losses):
        """Reacts to the losses of the same batch after the update."""


@keras.saving.register_keras_serializable(package="mm_keras")
class GradientBalancing(Balancing):
    """Base of strategies that need gradients: one backward pass per task.

    Subclasses implement `call(gradients, losses)`. `gradients` has one row per
    task, of shape `(num_tasks, size)`, over what several tasks share; `losses`
    has shape `(num_tasks,)`. The result, of shape `(size,)`, takes the place of
    their gradient. A subclass that sets `uses_features = True` is called
    with a third argument, the shared features themselves, of shape `(size,)`,
    and works with `level="features"` only.

    Args:
        level: `"parameters"` for the gradients of the shared weights: exact,
            about as many backward passes as tasks. `"features"` for those of
            the tensors that leave the shared part of the network: an
            approximation whose cost is close to that of plain training, as
            the shared part sees one backward pass.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If the strategy cannot work at the level.

    Example:

    >>> class Mean(mm_keras.balancing.GradientBalancing):
    ...     def call(self, gradients, losses=None):
    ...         return keras.ops.mean(gradients, axis=0)
    >>> Mean()(np.array([[3.0, 0.0], [1.0, 2.0]])).numpy()
    array([2., 1.], dtype=float32)
    """

    levels = ("parameters", "features")
    uses_features = False
    num_batches = 1

    def __init__(self, *, level="parameters", **kwargs):
        if level not in self.levels:
            raise ValueError(
                f"Argument `level` of {type(self).__name__} expects one of "
                f"{self.levels}. Received: level={level!r}. `'parameters'` is "
                "exact, `'features'` is fast."
            )
        check_hooks(self, level)
        super().__init__(**kwargs)
        self.level = level

    def rows_shape(self, num_tasks):
        return (num_tasks * self.num_batches, None)

    def get_config(self):
        return {**super().get_config(), "level": self.level}


def check_hooks(strategy, level):
    """Raises where a strategy cannot work at a level."""
    name = type(strategy).__name__
    if strategy.uses_features and level != "features":
        raise ValueError(
            f"{name} reads features and expects `level='features'`. Received: "
            f"level={level!r}. Set the level."
        )
    if strategy.num_batches > 1 and level != "parameters":
        raise ValueError(
            f"{name} compares batches and expects `level='parameters'`: the "
            "features of other examples are others. Received: "
            f"level={level!r}. Leave the level out."
        )


@keras.saving.register_keras_serializable(package="mm_keras")
class GramianBalancing(GradientBalancing):
    """Base of strategies that see gradients through inner products only.

    Subclasses implement `task_weights(gramian, losses)`, from
    `gradients @ gradients.T`, of shape `(num_tasks, num_tasks)`, to the weight
    of each task, of shape `(num_tasks,)`. The training step sums the Gramian
    over the variables and combines their gradients with the weights, so that
    all gradients are never in one matrix.

    A strategy that needs several independent batches sets `num_batches`: the
    step cuts each batch into as many parts, and the Gramian has a row for
    every task of the first part, then of the second, and so on:
    `(num_batches * num_tasks, num_batches * num_tasks)`; so do losses
    and weights.

    Args:
        level: See `mm_keras.balancing.GradientBalancing`.
        update_every: The weights are computed anew every so many steps; the
            steps between minimize the sum of the losses with the last weights,
            at the cost of plain training. At least 1.
        **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
        ValueError: If `update_every` is no integer of at least 1, or the
            strategy cannot work at the level.

    Example:

    >>> class SameLength(mm_keras.balancing.GramianBalancing):
    ...     def task_weights(self, gramian, losses=None):
    ...         return 1 / keras.ops.sqrt(keras.ops.diagonal(gramian))
    >>> SameLength()(np.array([[4.0, 0.0], [0.0, 0.5]])).numpy()
    array([1., 1.], dtype=float32)
    """

    def __init__(self, *, update_every=1, **kwargs):
        if not isinstance(update_every, int) or update_every < 1:
            raise ValueError(
                f"Argument `update_every` of {type(self).__name__} expects an "
                f"integer of at least 1. Received: update_every={update_every}."
                " 1 computes the weights in every step."
            )
        super().__init__(**kwargs)
        self.update_every = update_every

    def build(self, gradients_shape, losses_shape=None):
        self.last_weights = self.add_weight(
            shape=(gradients_shape[0],),
            initializer="ones",
            trainable=False,
            name="last_weights",
        )
        self.age = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="age"
        )

    def task_weights(self, gramian, losses=None):
        """Returns the weight of each row of the Gramian."""
        raise NotImplementedError

    def remember(self, weights):
        """Keeps the weights for the steps between, if they are finite."""
        finite = ops.all(ops.isfinite(weights))
        before = ops.convert_to_tensor(self.last_weights)
        self.last_weights.assign(ops.where(finite, weights, before))

    def call(self, gradients, losses=None):
        gradients = ops.convert_to_tensor(gradients, self.compute_dtype)
        gramian = ops.matmul(gradients, ops.transpose(gradients))
        return ops.matmul(self.task_weights(gramian, losses), gradients)

    def get_config(self):
        return {**super().get_config(), "update_every": self.update_every}
