import keras
from keras import ops

from mm_keras import balancing as balancing_module
from mm_keras.balancing.base import GradientBalancing
from mm_keras.balancing.base import LossBalancing
from mm_keras.training import checks
from mm_keras.training import compiled
from mm_keras.training import fit_arguments
from mm_keras.training import frontier
from mm_keras.training import gradients
from mm_keras.training import presence
from mm_keras.training.task_term import TaskTerm


@keras.saving.register_keras_serializable(package="mm_keras")
class MultiTaskModel(keras.Model):
    """A functional model that knows its tasks.

    It is a `keras.Model`: `fit`, `evaluate`, `predict`, callbacks, `.keras`
    files, `export`, mixed precision and `tf.distribute` work as usual. On top
    of that it

    - takes and gives dictionaries: inputs by modality; outputs, targets,
      losses, weights and metrics by task; and refuses any other name;
    - leaves rows without a label out of loss and metrics: those whose sample
      weight is 0, and all rows of a batch without targets of a task;
    - balances the tasks with a strategy (see `mm_keras.balancing`);
    - shows metrics what people read, such as probabilities, while its outputs
      are raw, such as logits.

    ```
    {modality: input} -> layers -> {task: raw output} -> losses -> one update
    ```

    Args:
        inputs: Dictionary from modality to `keras.Input`.
        outputs: Dictionary from task to symbolic output.
        tasks: List of `mm_keras.tasks.Task`, one per output.
        name: Name of the model.

    Raises:
        ValueError: If inputs or outputs are no dictionaries, or the outputs are
            not those of the tasks.

    Example:

    >>> table = keras.Input((4,), name="table")
    >>> task = mm_keras.tasks.regression("price")
    >>> outputs = {"price": task.make_head()(table)}
    >>> model = mm_keras.MultiTaskModel({"table": table}, outputs, tasks=[task])
    >>> model.compile("adam")
    >>> x, y = {"table": np.ones((8, 4))}, {"price": np.ones((8, 1))}
    >>> history = model.fit(x, y, verbose=0)
    >>> sorted(history.history)
    ['loss', 'price_loss', 'price_mae']
    """

    # This signature tells Keras that the class makes functional models.
    def __init__(self, *args, **kwargs):
        tasks = tuple(kwargs.pop("tasks", ()))
        super().__init__(*args, **kwargs)
        names = [task.name for task in tasks]
        checks.check_has_tasks(tasks)
        checks.check_keys(self.output, names, "outputs", needed=True)
        checks.check_is_dictionary(self.input, "inputs")
        self.tasks = tasks
        # A plain object: Keras neither tracks nor saves what it holds.
        self._compiled = compiled.Compiled()

    def get_config(self):
        return {
            **super().get_config(),
            "tasks": keras.saving.serialize_keras_object(list(self.tasks)),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        tasks = keras.saving.deserialize_keras_object(config.pop("tasks"))
        model = keras.Model.from_config(config, custom_objects)
        return cls(model.input, model.output, tasks=tasks, name=model.name)

    @property
    def balancing(self):
        """The strategy in force, or None.

        Keras looks through the attributes of a model for layers to save: it
        finds the strategy, with its state, under this name.
        """
        return self._compiled.balancing

    def compile(
        self,
        optimizer="adam",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        *,
        balancing=None,
        **kwargs,
    ):
        """Configures the model for training, anew and from a clean start.

        Args:
            optimizer: As in Keras.
            loss: Dictionary from task to loss. Tasks that are not named keep
                the loss they declare.
            loss_weights: Dictionary from task to a number, or to a
                `keras.Variable` that is read in every step. Tasks that are not
                named keep the weight they declare.
            metrics: Dictionary from task to metrics on decoded values, without
                weights. Tasks that are not named keep their metrics.
            weighted_metrics: The same, with sample weights.
            balancing: A strategy of `mm_keras.balancing`, its name, or None
                for the weighted sum of the losses. The strategy before it, if
                any, is released. With a single task there is nothing to
                balance: the model is then trained as Keras would.
            **kwargs: Other arguments of `keras.Model.compile`.

        Raises:
            ValueError: If a name is no task of the model, or a loss would read
                logits as probabilities.
        """
        given = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        for what, value in given.items():
            checks.check_keys(value, self.output, what)
        for name, value in (loss or {}).items():
            checks.check_reads_logits(name, value)
        strategy = balancing_module.get(balancing)
        if strategy is not self.balancing:
            checks.check_unused(strategy)
        super().compile(optimizer=optimizer, **kwargs)
        self._set_balancing(strategy)
        # So that a model is saved with all of its state, trained or not.
        self.optimizer.build(self.trainable_variables)
        self._compiled.terms = {
            task.name: TaskTerm(task, **compiled.of_task(given, task.name))
            for task in self.tasks
        }
        for name, term in self._compiled.terms.items():
            term.build(self.output[name].shape)
        self._compiled.config = {
            "optimizer": self.optimizer,
            **given,
            **kwargs,
            "balancing": strategy,
        }

    def get_compile_config(self):
        return compiled.serialize(self._compiled.config)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def _set_balancing(self, strategy):
        """Puts a strategy in the one slot there is, and builds it."""
        if self.balancing is not None:
            self._tracker.untrack(self.balancing)
        self._compiled.balancing = strategy
        if strategy is None or len(self.tasks) == 1:
            return
        self._tracker.track(strategy)
        if not strategy.built:
            strategy.build(strategy.rows_shape(len(self.tasks)))
            strategy.built = True

    def split(self):
        """Returns the shared part of the model, the rest, and what is between.

        See `mm_keras.training.frontier.split`.
        """
        if self._compiled.parts is None:
            self._compiled.parts = frontier.split(self)
        return self._compiled.parts

    def __call__(self, inputs, *args, **kwargs):
        inputs = presence.named(inputs, self.input)
        return super().__call__(inputs, *args, **kwargs)

    def task_losses(self, y, y_pred, sample_weight=None, track=True):
        """Returns the weighted loss of each task, a list of scalars.

        Args:
            y: Targets by task. A task without targets has no loss, 0.
            y_pred: Raw outputs by task.
            sample_weight: Weights by task, of shape `(batch,)`. A row of
                weight 0 is unlabelled.
            track: Whether the losses count for the logs.
        """
        sample_weight = sample_weight or {}
        losses = []
        for name, term in self._compiled.terms.items():
            if name in y:
                weight = sample_weight.get(name)
                loss = term.compute(y[name], y_pred[name], weight, track)
                losses.append(term.weighted(loss))
            else:
                losses.append(ops.zeros(()))
        return losses

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Returns the scalar to minimize; in evaluation, without balancing."""
        losses = self.task_losses(y, y_pred, sample_weight)
        if len(losses) == 1:
            total = losses[0]
        elif training and isinstance(self.balancing, LossBalancing):
            total = gradients.balanced_loss(self.balancing, losses)
        else:
            total = sum(losses)
        extra = gradients.extra_losses(self)
        return ops.sum([total, *extra]) if extra else total

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        sample_weight = sample_weight or {}
        for name, term in self._compiled.terms.items():
            if name in y:
                weight = sample_weight.get(name)
                term.update_metrics(y[name], y_pred[name], weight)
        return self.get_metrics_result()

    @property
    def metrics(self):
        terms = self._compiled.terms.values() if self.compiled else ()
        own = [metric for term in terms for metric in term.all_metrics]
        return [*super().metrics, *own]

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        **kwargs,
    ):
        """Trains the model, as `keras.Model.fit` does.

        Callbacks that write to the logs, such as
        `mm_keras.training.AveragePrecision`, are called before those that read
        them. Labels that are arrays are looked at first: missing ones (-1 or
        NaN, see `mm_keras.tasks.Target`) get weight 0, and an impossible one
        raises. Tasks that `sample_weight` does not name have weight 1.

        Args:
            x: Inputs by modality, or a data set of batches.
            y: Labels by task, if `x` is no data set.
            batch_size, epochs, verbose, callbacks: As in Keras.
            **kwargs: Other arguments of `keras.Model.fit`.

        Raises:
            ValueError: If a name is unknown, or a label is impossible.
        """
        y, kwargs = self._with_checked_labels(y, kwargs)
        if hasattr(x, "element_spec"):
            # Keras warns about its own default where the data is a dataset.
            kwargs.setdefault("shuffle", False)
        with fit_arguments.warnings_at_end(kwargs.get("steps_per_epoch")):
            return super().fit(
                x,
                y,
                batch_size,
                epochs,
                verbose,
                fit_arguments.writers_first(callbacks),
                **kwargs,
            )

    def evaluate(self, x=None, y=None, *args, **kwargs):
        """Evaluates the model, as `keras.Model.evaluate` does.

        Labels that are arrays are looked at first, as in `fit`.
        """
        y, kwargs = self._with_checked_labels(y, kwargs)
        with fit_arguments.warnings_at_end(kwargs.get("steps")):
            return super().evaluate(x, y, *args, **kwargs)

    def _with_checked_labels(self, y, arguments):
        """Looks at the labels of tasks with the loss that they declare."""
        # Keras looks at these once, and hands them on in every epoch.
        if arguments.get("_use_cached_eval_dataset"):
            return y, arguments
        others = self._compiled.config.get("loss") or {}
        tasks = [task for task in self.tasks if task.name not in others]
        return fit_arguments.with_checked_labels(tasks, y, arguments)

    def train_step(self, data):
        batch = self._named_batch(data)
        strategy = self.balancing
        with fit_arguments.warnings_for(batch[1], self.output):
            if len(self.tasks) > 1 and isinstance(strategy, GradientBalancing):
                logs = self._balanced_step(batch)
            else:
                logs = super().train_step(batch)
        if len(self.tasks) > 1 and getattr(
            strategy, "uses_losses_after_step", False
        ):
            gradients.tell_losses_after_step(self, batch)
        return logs

    def _balanced_step(self, batch):
        loss, passes, balanced = gradients.balanced(self, batch)
        rows = ops.shape(next(iter(batch[0].values())))[0]
        self._loss_tracker.update_state(
            loss * gradients.num_replicas(), sample_weight=rows
        )
        pairs = zip(balanced, self.trainable_variables, strict=True)
        self.optimizer.apply_gradients(pairs)
        for x, y, sample_weight, y_pred in passes:
            logs = self.compute_metrics(x, y, y_pred, sample_weight)
        return logs

    def test_step(self, data):
        return super().test_step(self._named_batch(data))

    def _named_batch(self, data):
        """Returns inputs, targets and weights, all with checked names."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        checks.check_targets(y, self.output)
        checks.check_keys(sample_weight, self.output, "sample_weights")
        return presence.named(x, self.input), y, sample_weight
