import keras

from mm_keras.losses.per_example import keep_rows


@keras.saving.register_keras_serializable(package="mm_keras")
class Decoded(keras.metrics.Metric):
    """Shows decoded predictions to a metric, and only labelled rows.

    Models return raw outputs (logits), metrics of Keras expect probabilities
    or class ids. This one computes
    `metric.update_state(y_true, decode(y_pred), sample_weight)`, after rows of
    weight 0 have been replaced by `filler`, so that a missing label (NaN, -1)
    reaches no arithmetic.

    Args:
        metric: A `keras.metrics.Metric`.
        decode: A layer without weights, from raw output to decoded value.
            None leaves the output as it is.
        filler: Harmless target for rows of weight 0.
        weighted: Whether the values of the sample weights count. If not, all
            labelled rows count alike.
        name: Name of the metric. Defaults to that of `metric`.
        **kwargs: Arguments of `keras.metrics.Metric`.

    Example:

    >>> metric = mm_keras.metrics.Decoded(
    ...     keras.metrics.BinaryAccuracy(),
    ...     decode=keras.layers.Activation("sigmoid"),
    ... )
    >>> metric.update_state(np.array([[1.0], [0.0]]), np.array([[0.1], [-3.0]]))
    >>> float(metric.result())
    1.0
    """

    def __init__(
        self,
        metric,
        decode=None,
        *,
        filler=0.0,
        weighted=True,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name or metric.name, **kwargs)
        self.metric = metric
        self.decode = decode
        self.filler = filler
        self.weighted = weighted

    def update_state(self, y_true, y_pred, sample_weight=None):
        if sample_weight is not None:
            labelled = keras.ops.cast(sample_weight, "float32") > 0
            y_true = keep_rows(labelled, y_true, self.filler)
            y_pred = keep_rows(labelled, y_pred, 0.0)
            if not self.weighted:
                sample_weight = keras.ops.cast(labelled, "float32")
        if self.decode is not None:
            y_pred = self.decode(y_pred)
        return self.metric.update_state(y_true, y_pred, sample_weight)

    def result(self):
        return self.metric.result()

    def reset_state(self):
        self.metric.reset_state()

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "metric": serialize(self.metric),
            "decode": serialize(self.decode),
            "filler": self.filler,
            "weighted": self.weighted,
        }

    @classmethod
    def from_config(cls, config):
        revive = keras.saving.deserialize_keras_object
        parts = {part: revive(config[part]) for part in ("metric", "decode")}
        return cls(**{**config, **parts})
