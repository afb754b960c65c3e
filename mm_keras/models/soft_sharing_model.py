"""Columns that are drawn to each other."""

import numbers

import keras
from keras import ops

from mm_keras.training import presence
from mm_keras.training.multi_task_model import MultiTaskModel

Schedule = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable(package="mm_keras")
class SoftSharingModel(MultiTaskModel):
    """A `MultiTaskModel` whose columns are drawn to each other.

    The penalty is one of `losses`, beside regularizers: it joins the loss
    after balancing, in full.

    Args:
        inputs, outputs, tasks, name: As in `mm_keras.MultiTaskModel`. The
            encoder of a task is the layer `<task>_<modality>_encoder`.
        alpha: As in `mm_keras.models.soft_sharing`.

    Raises:
        ValueError: If `alpha` is negative or of another kind, or no two
            columns have matching weights.
    """

    def __init__(self, *args, **kwargs):
        alpha = kwargs.pop("alpha", 0.0)
        check_alpha(alpha)
        super().__init__(*args, **kwargs)
        self.alpha = alpha
        if not self.matching_weights():
            raise ValueError(
                "soft_sharing expects at least two tasks that read the same "
                f"part of an encoder. Received: {self.columns()}, the encoders "
                "of each task. Give the tasks an encoder that they all read, "
                "or use `mm_keras.models.independent`."
            )

    def columns(self):
        """Returns the names of the encoders in the column of each task."""
        layers = {layer.name for layer in self.layers}
        modalities = [m for m in self.input if not m.endswith(presence.ENDING)]
        named = {
            task.name: [f"{task.name}_{m}_encoder" for m in modalities]
            for task in self.tasks
        }
        return {
            task: [name for name in names if name in layers]
            for task, names in named.items()
        }

    def matching_weights(self):
        """Returns the weights that are drawn together, a list of groups.

        A group has one weight of each column which has it: that of the same
        place in the same layer of the encoder of the same modality. Groups of
        weights of which none is trainable are left out.
        """
        groups = {}
        for task, names in self.columns().items():
            for name in names:
                modality = name.removeprefix(f"{task}_")
                for place, weight in places(self.get_layer(name)):
                    groups.setdefault((modality, place), []).append(weight)
        return [
            group
            for group in groups.values()
            if len(group) > 1 and any(weight.trainable for weight in group)
        ]

    def penalty(self):
        """Returns `alpha * sum_{t<k} ||theta_t - theta_k||**2`, a scalar."""
        alpha = self.alpha
        if isinstance(alpha, Schedule):
            step = self.optimizer.iterations if self.optimizer else 0
            alpha = ops.cast(alpha(step), "float32")
        return alpha * sum(pair_distances(g) for g in self.matching_weights())

    @property
    def losses(self):
        losses = super().losses
        is_off = not isinstance(self.alpha, Schedule) and self.alpha == 0
        return losses if is_off else [*losses, self.penalty()]

    def get_config(self):
        alpha = keras.saving.serialize_keras_object(self.alpha)
        return {**super().get_config(), "alpha": alpha}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        alpha = keras.saving.deserialize_keras_object(config.pop("alpha"))
        model = super().from_config(config, custom_objects)
        model.alpha = alpha
        return model


def check_alpha(alpha):
    is_number = isinstance(alpha, numbers.Real) and alpha >= 0
    if not is_number and not isinstance(alpha, Schedule):
        raise ValueError(
            "Argument `alpha` of soft_sharing expects a number of at least 0, "
            "or a `keras.optimizers.schedules.LearningRateSchedule`. Received: "
            f"alpha={alpha!r}. 0 leaves the tasks independent."
        )


def places(encoder):
    """Yields where each weight of an encoder is, and the weight.

    Of an encoder that is cut to some views, the other layers are missing.
    """
    for layer in encoder.layers:
        for i, weight in enumerate(layer.weights):
            yield (layer.name, i, tuple(weight.shape)), weight


def pair_distances(weights):
    """Returns the sum of squared distances over all pairs of some tensors.

    Of `n` tensors it is `n` times the squared distance to their mean, so that
    many tasks cost no more than their number.
    """
    stacked = ops.stack([ops.cast(weight, "float32") for weight in weights])
    off = stacked - ops.mean(stacked, axis=0, keepdims=True)
    return len(weights) * ops.sum(ops.square(off))
