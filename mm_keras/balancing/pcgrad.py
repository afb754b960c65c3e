import keras
from keras import ops

from mm_keras.balancing.base import GramianBalancing


@keras.saving.register_keras_serializable(package="mm_keras")
class PCGrad(GramianBalancing):
    """Removes from each gradient what conflicts with the other tasks.

    Where the gradient of a task has a negative inner product with that of
    another, it is projected onto the plane orthogonal to it. Every task meets
    the others in random order; then the projected gradients are added.

    Args:
        seed: Seed of the random order.
        **kwargs: Arguments of `mm_keras.balancing.GramianBalancing`: `level`
            and `update_every`.

    Example:

    >>> gradients = np.array([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]])
    >>> mm_keras.balancing.PCGrad()(gradients).numpy().round(4)
    array([0.5848, 3.8012, 3.8012], dtype=float32)

    Reference:
        [Yu et al., 2020](https://arxiv.org/abs/2001.06782), algorithm 1.
    """

    def __init__(self, *, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def task_weights(self, gramian, losses=None):
        num_tasks = gramian.shape[0]
        chances = keras.random.uniform(
            (num_tasks, num_tasks), seed=self.seed_generator
        )
        order = ops.argsort(chances)
        itself = ops.arange(num_tasks, dtype="int32")
        squared_norms = ops.diagonal(gramian)
        # Row i holds the projected gradient of task i, as a combination of the
        # original gradients.
        projected = ops.eye(num_tasks, dtype=gramian.dtype)
        for step in range(num_tasks):
            other = ops.cast(order[:, step], "int32")
            inner = ops.sum(
                ops.take(gramian, other, axis=0) * projected, axis=1
            )
            conflict = ops.logical_and(inner < 0, other != itself)
            excess = ops.divide_no_nan(inner, ops.take(squared_norms, other))
            excess = ops.where(conflict, excess, 0.0)
            projected -= excess[:, None] * ops.one_hot(other, num_tasks)
        return ops.sum(projected, axis=0)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
