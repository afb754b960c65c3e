import keras
from keras import ops

from mm_keras.losses.per_example_mean import per_example
from mm_keras.metrics.decoded import Decoded
from mm_keras.metrics.token_accuracy import TokenAccuracy
from mm_keras.training import gradients

ACCURACIES = {
    "class": keras.metrics.SparseCategoricalAccuracy,
    "labels": keras.metrics.BinaryAccuracy,
    "tags": TokenAccuracy,
}


class TaskTerm:
    """What `compile` made of one task: its loss, weight and metrics.

    Args:
        task: A `mm_keras.tasks.Task`.
        loss: A `keras.losses.Loss` on the raw output. None means the loss
            of the task.
        weight: What the loss is multiplied by: a number, or a `keras.Variable`
            which is read in every step. None means the weight of the task.
        metrics: Metrics on the decoded output, unweighted.
        weighted_metrics: Metrics on the decoded output. Where both are None,
            the metrics of the task.
    """

    def __init__(
        self,
        task,
        *,
        loss=None,
        weight=None,
        metrics=None,
        weighted_metrics=None,
    ):
        self.name = task.name
        self.filler = task.target.filler
        self.target_shape = task.target.shape
        self.loss = per_example(task.make_loss() if loss is None else loss)
        self.weight = task.weight if weight is None else weight
        self.tracker = keras.metrics.Mean(name=f"{task.name}_loss")
        if metrics is None and weighted_metrics is None:
            weighted_metrics = task.make_metrics()
        self.metrics = [
            *self._decoded(task, metrics, weighted=False),
            *self._decoded(task, weighted_metrics, weighted=True),
        ]

    def _decoded(self, task, metrics, weighted):
        for metric in metrics or []:
            metric = fresh_metric(metric, task.target.kind)
            yield Decoded(
                metric,
                task.make_decode(),
                filler=self.filler,
                weighted=weighted,
                name=f"{task.name}_{metric.name}",
            )

    def build(self, output_shape):
        """Makes the state of metrics that have none before their first batch.

        Else a metric whose task has no labels in the first batches of a
        training could make its state no more, and has no result.

        Args:
            output_shape: Shape of the raw output, the batch included.
        """
        shapes = [(1, *self.target_shape), (1, *output_shape[1:])]
        if None in shapes[0] + shapes[1]:
            return
        for metric in self.metrics:
            if not metric.variables:
                y_true = ops.full(shapes[0], self.filler, dtype="float32")
                metric.update_state(y_true, ops.zeros(shapes[1]))
                metric.reset_state()

    def compute(self, y_true, y_pred, sample_weight=None, track=True):
        """Returns the loss, a scalar, without the weight of the task."""
        value = self.loss(y_true, y_pred, sample_weight)
        if track:
            self._track(value, y_pred, sample_weight)
        return value

    def _track(self, value, y_pred, sample_weight):
        """Shows the loss to the logs: a mean over all labelled rows."""
        if sample_weight is None:
            labelled = ops.shape(y_pred)[0]
        else:
            labelled = ops.sum(ops.cast(sample_weight, "float32"))
        whole = value * gradients.num_replicas()
        self.tracker.update_state(whole, sample_weight=labelled)

    @property
    def all_metrics(self):
        """The tracker of the loss and the metrics of the task."""
        return [self.tracker, *self.metrics]

    def weighted(self, value):
        """Returns the loss times the weight of the task."""
        if isinstance(self.weight, int | float) and self.weight == 1:
            return value
        return value * ops.cast(self.weight, value.dtype)

    def update_metrics(self, y_true, y_pred, sample_weight=None):
        """Shows a batch to the metrics."""
        for metric in self.metrics:
            metric.update_state(y_true, y_pred, sample_weight)


def fresh_metric(metric, kind):
    """Returns a metric of its name or instance, with a state of its own."""
    if metric in ("accuracy", "acc"):
        if kind not in ACCURACIES:
            raise ValueError(
                "The metric 'accuracy' expects a task whose target is of kind "
                f"{list(ACCURACIES)}. Received: a target of kind {kind!r}. "
                "Pass a metric for it, such as "
                "`keras.metrics.MeanAbsoluteError()`."
            )
        return ACCURACIES[kind](name=metric)
    if isinstance(metric, keras.metrics.Metric):
        return type(metric).from_config(metric.get_config())
    found = keras.metrics.get(metric)
    name = metric if isinstance(metric, str) else found.__name__
    if isinstance(found, keras.metrics.Metric):
        return type(found).from_config({**found.get_config(), "name": name})
    return keras.metrics.MeanMetricWrapper(found, name=name)
