import keras


class SharingSchedule(keras.callbacks.Callback):
    """Freezes and unfreezes parts of a model while it trains.

    A part that is frozen keeps its weights, and what it counts of a batch,
    such as the averages of BatchNormalization; the optimizer keeps what it
    knows of it, such as the moments of Adam. To train the heads first, then
    all, and at last what the tasks do not share:

    ```python
    schedule = mm_keras.training.SharingSchedule(
        {"image_encoder": {0: False, 3: True, 10: False}}
    )
    model.fit(train, epochs=12, callbacks=[schedule])
    ```

    An epoch follows the last entry up to it, so that an interrupted training
    goes on as it was with `initial_epoch`. Whenever an epoch is over, the parts
    are as they were before training: a model that is saved then, and loaded,
    has its optimizer for all weights. Only a step after a change is compiled
    anew.

    To separate tasks gradually, let the penalty between their networks fade
    instead, by the schedule of `mm_keras.models.soft_sharing`:

    ```python
    alpha = keras.optimizers.schedules.PolynomialDecay(1e-2, 1000, 0.0)
    model = mm_keras.models.soft_sharing(encoders, tasks, alpha=alpha)
    ```

    Args:
        schedule: Dictionary from the name of a layer of the model, see
            `model.summary()`, to a dictionary from epoch, counted from 0, to
            whether the layer is trained from then on. Before its first entry a
            layer is trained.

    Raises:
        ValueError: If the schedule is malformed; and when training begins, if
            the model has no layer of a name, or one without weights to train:
            what is to be unfrozen later has to be trainable when the model is
            compiled.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8,))
    >>> tasks = [mm_keras.tasks.regression("price")]
    >>> model = mm_keras.models.hard_sharing({"table": table}, tasks)
    >>> before = table.get_weights()[0]
    >>> history = model.fit(
    ...     {"table": np.ones((6, 4))}, {"price": np.ones(6)}, verbose=0,
    ...     callbacks=[
    ...         mm_keras.training.SharingSchedule({"table_encoder": {0: False}})
    ...     ],
    ... )
    >>> bool(np.all(table.get_weights()[0] == before))
    True
    """

    # Others that save the model at the end of an epoch find it whole.
    goes_first = True

    def __init__(self, schedule):
        super().__init__()
        check(schedule)
        self.schedule = {name: dict(e) for name, e in schedule.items()}
        self._flags = {}
        self._frozen = None

    def frozen_in(self, epoch):
        """Returns the names of the layers that are frozen in an epoch."""
        return [
            name
            for name, entries in self.schedule.items()
            if not is_trained(entries, epoch)
        ]

    def on_train_begin(self, logs=None):
        # After a training that was broken off, parts may still be frozen.
        self._restore()
        known = {layer.name: layer for layer in self.model.layers}
        wrong = [
            name
            for name in self.schedule
            if name not in known or not known[name].trainable_weights
        ]
        if wrong:
            trained = [
                n for n, layer in known.items() if layer.trainable_weights
            ]
            raise ValueError(
                "SharingSchedule expects names among the layers of the model "
                f"that are trained: {trained}. Received: {wrong}. See "
                "`model.summary()`; compile the model with the layers "
                "trainable."
            )
        self._flags = {
            name: [(part, part.trainable) for part in parts_of(known[name])]
            for name in self.schedule
        }
        self._frozen = None

    def on_epoch_begin(self, epoch, logs=None):
        frozen = self.frozen_in(epoch)
        for name in frozen:
            self.model.get_layer(name).trainable = False
        if frozen != self._frozen:
            self._frozen = frozen
            # Keras would go on with the step of what was trained before.
            self.model.make_train_function(force=True)

    def on_epoch_end(self, epoch, logs=None):
        self._restore()

    def on_train_end(self, logs=None):
        self.model.make_train_function(force=True)

    def _restore(self):
        for flags in self._flags.values():
            for part, trainable in flags:
                part.trainable = trainable


def parts_of(layer):
    """Returns a layer and all layers inside of it, outer ones first."""
    return layer._flatten_layers()


def is_trained(entries, epoch):
    """Returns what the last entry up to an epoch says."""
    past = [first for first in entries if first <= epoch]
    return entries[max(past)] if past else True


def check(schedule):
    is_whole = isinstance(schedule, dict) and all(
        isinstance(entries, dict)
        and all(
            isinstance(epoch, int) and epoch >= 0 and isinstance(flag, bool)
            for epoch, flag in entries.items()
        )
        for entries in schedule.values()
    )
    if not is_whole:
        raise ValueError(
            "Argument `schedule` of SharingSchedule expects a dictionary from "
            "layer to a dictionary from epoch, an integer of at least 0, to "
            f"True or False. Received: {schedule!r}. Pass for example "
            '{"image_encoder": {0: False, 3: True}}.'
        )
