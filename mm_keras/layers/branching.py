import keras
from keras import ops

Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="mm_keras")
class Branching(keras.layers.Layer):
    """Lets every child choose one of several parents, and learns the choice.

    While training, the choice is a random one that has a gradient, by the
    Gumbel softmax: child `j` takes

    ```
    d[j] = softmax((log p[j] + g) / temperature)     # g: Gumbel noise
    child[j] = sum_i d[j, i] * parent[i]
    ```

    A high temperature mixes all parents, a low one draws a single parent with
    the probabilities `p[j] = softmax(logits[j])`, at first all the same.
    Otherwise each child takes its most probable parent.

    Args:
        children: Number of children, at least 1.
        temperature: A positive number, or a
            `keras.optimizers.schedules.LearningRateSchedule`, which is read
            at the number of training steps. Defaults to one from 5 to 0.1
            in 1,000 steps.
        seed: Seed of the random choice.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        parents: List of what each parent gives: dictionaries of tensors, of
            the same names and shapes.

    Returns:
        List of what each child takes, of the same structure.

    Raises:
        ValueError: If `children` or `temperature` is out of range.

    Example:

    >>> choice = mm_keras.layers.Branching(children=3)
    >>> children = choice([{"x": np.ones((2, 4))}, {"x": np.zeros((2, 4))}])
    >>> len(children), choice.chosen()
    (3, [0, 0, 0])

    Reference:
        [Guo et al., 2020](https://arxiv.org/abs/2006.01895).
    """

    def __init__(self, children, temperature=None, seed=None, **kwargs):
        check(children, temperature)
        super().__init__(**kwargs)
        self.children = children
        if temperature is None:
            temperature = keras.optimizers.schedules.PolynomialDecay(
                5.0, 1000, 0.1
            )
        self.temperature = temperature
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, parents_shape):
        self.logits = self.add_weight(
            shape=(self.children, len(parents_shape)),
            initializer="zeros",
            autocast=False,
            name="logits",
        )
        self.steps = self.add_weight(
            shape=(),
            initializer="zeros",
            dtype="int32",
            trainable=False,
            name="steps",
        )

    def chosen(self):
        """Returns the position of the most probable parent of each child."""
        choices = ops.argmax(ops.convert_to_tensor(self.logits), axis=1)
        return [int(choice) for choice in ops.convert_to_numpy(choices)]

    def call(self, parents, training=False):
        choice = self._draw() if training else self._most_probable()
        return [
            {
                name: sum(
                    ops.cast(choice[j, i], parent[name].dtype) * parent[name]
                    for i, parent in enumerate(parents)
                )
                for name in parents[0]
            }
            for j in range(self.children)
        ]

    def _draw(self):
        temperature = self.temperature
        if isinstance(temperature, Schedule):
            temperature = temperature(self.steps)
            self.steps.assign_add(1)
        uniform = keras.random.uniform(
            self.logits.shape, 1e-7, 1.0, seed=self.seed_generator
        )
        noise = -ops.log(-ops.log(uniform) + 1e-7)
        scores = ops.log_softmax(self.logits, axis=1) + noise
        return softmax(scores / temperature)

    def _most_probable(self):
        logits = ops.convert_to_tensor(self.logits)
        hard = ops.one_hot(ops.argmax(logits, axis=1), logits.shape[1])
        # The value is exact, yet a gradient goes through.
        soft = softmax(logits)
        return hard + (soft - ops.stop_gradient(soft))

    def compute_output_shape(self, parents_shape):
        return [dict(parents_shape[0]) for _ in range(self.children)]

    def get_config(self):
        temperature = keras.saving.serialize_keras_object(self.temperature)
        return {
            **super().get_config(),
            "children": self.children,
            "temperature": temperature,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["temperature"] = keras.saving.deserialize_keras_object(
            config["temperature"]
        )
        return cls(**config)


def softmax(scores):
    """Returns probabilities in rows; `ops.softmax` warns of single ones."""
    return ops.exp(ops.log_softmax(scores, axis=1))


def check(children, temperature):
    if not isinstance(children, int) or children < 1:
        raise ValueError(
            "Argument `children` of Branching expects an integer of at least "
            f"1. Received: children={children!r}. Pass the number of branches."
        )
    if temperature is None or isinstance(temperature, Schedule):
        return
    if not isinstance(temperature, int | float) or not temperature > 0:
        raise ValueError(
            "Argument `temperature` of Branching expects a positive number or "
            "a `keras.optimizers.schedules.LearningRateSchedule`. Received: "
            f"temperature={temperature!r}. 5 mixes, 0.1 chooses."
        )
