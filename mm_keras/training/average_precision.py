import keras
import numpy as np
from keras import ops

from mm_keras.detection import average_precision
from mm_keras.training import presence

SCORES = ("ap", "ap50", "ap75")


class AveragePrecision(keras.callbacks.Callback):
    """Measures detection over a whole data set when an epoch ends.

    Average precision ranks the detections of all images, so it is no mean over
    batches, and no metric. The callback adds `val_<task>_ap` and
    `val_<task>_ap50` to the logs, where callbacks that come later, such as
    `keras.callbacks.EarlyStopping`, read them (with `mode="max"`).

    Args:
        dataset: What to measure on: batches of inputs, targets and, if there
            are any, sample weights, each a dictionary.
        task: Name of a detection task. None means all of the model.

    Example:

    ```python
    model.fit(
        train,
        validation_data=valid,
        callbacks=[mm_keras.training.AveragePrecision(valid)],
    )
    ```
    """

    # `MultiTaskModel.fit` calls these before the callbacks that read logs.
    writes_logs = True

    def __init__(self, dataset, *, task=None):
        super().__init__()
        self.dataset = dataset
        self.task = task

    def on_train_begin(self, logs=None):
        # Once for all epochs, so that it compiles once.
        self._detector = build_detector(self.model, self.task)

    def on_epoch_end(self, epoch, logs=None):
        scores = evaluate_detector(self._detector, self.dataset)
        for task in self._detector.tasks:
            for score in ("ap", "ap50"):
                name = f"{task.name}_{score}"
                logs[f"val_{name}"] = scores[name]


def evaluate_detection(model, dataset, *, task=None):
    """Measures the detection tasks of a model over a whole data set.

    What `evaluate` gives of losses and metrics, this gives of average
    precision, which is no mean over batches. Rows of sample weight 0 have no
    label and are left out. A row whose boxes are all padding is an image
    without objects, where each detection is false.

    Args:
        model: A `mm_keras.MultiTaskModel`.
        dataset: Batches of inputs, targets and, if there are any, sample
            weights, each a dictionary.
        task: Name of a detection task. None means all of the model.

    Returns:
        Dictionary from `<task>_ap`, `<task>_ap50` and `<task>_ap75` to a
        float, NaN where there is no object.

    Raises:
        ValueError: If there is no such task.

    Example:

    ```python
    scores = {
        **model.evaluate(test, return_dict=True),
        **mm_keras.training.evaluate_detection(model, test),
    }
    ```
    """
    return evaluate_detector(build_detector(model, task), dataset)


def build_detector(model, task=None):
    """Returns a model from the inputs to what its detection tasks find.

    It shares the layers of `model`, leaves out those of other tasks, and has
    the attribute `tasks`.
    """
    known = [t for t in model.tasks if t.target.kind == "boxes"]
    tasks = [t for t in known if task in (None, t.name)]
    if not tasks:
        raise ValueError(
            "Average precision needs a detection task of the model"
            f"{'' if task is None else f' named {task!r}'}. Received: a model "
            f"with the tasks {[t.name for t in model.tasks]}, of which "
            f"{[t.name for t in known]} detect. Pass `task=None` or one of the "
            "latter, or give the model a detection task."
        )
    outputs = {t.name: t.make_decode()(model.output[t.name]) for t in tasks}
    detector = keras.Model(model.input, outputs)
    detector.tasks = tasks
    return detector


def evaluate_detector(detector, dataset):
    """Predicts the data set batch by batch, then scores each task."""
    collected = {task.name: [] for task in detector.tasks}
    for batch in dataset:
        inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
        inputs = presence.complete(inputs, detector.input)
        found = detector.predict_on_batch(inputs)
        for name in collected.keys() & targets.keys():
            rows = {"truth": ops.convert_to_numpy(targets[name]), **found[name]}
            weight = (weights or {}).get(name)
            if weight is not None:
                labelled = ops.convert_to_numpy(weight) > 0
                rows = {key: value[labelled] for key, value in rows.items()}
            collected[name].append(rows)
    scores = {}
    for task in detector.tasks:
        result = _score(collected[task.name], task.target.num_classes)
        scores |= {f"{task.name}_{score}": result[score] for score in SCORES}
    return scores


def _score(batches, num_classes):
    if not batches:
        return dict.fromkeys(SCORES, float("nan"))
    found = {
        key: np.concatenate([batch[key] for batch in batches])
        for key in ("boxes", "scores", "classes")
    }
    truth = [rows for batch in batches for rows in batch["truth"]]
    return average_precision(truth, found, num_classes=num_classes)
