"""One small example of every public encoder, task and model.

See `examples.py`. Models are called on `inputs()`.
"""

import keras
import numpy as np
from conformance.examples import BATCH
from conformance.examples import boxes
from conformance.examples import normal
from conformance.examples import points
from conformance.examples import present
from conformance.examples import pyramid
from conformance.examples import tokens
from conformance.examples import vectors

import mm_keras
from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks


def picture(size=16):
    return np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3))


def stages_in_a_row():
    """The stages of an encoder as one encoder, with a plain output."""
    source = encoders.convnet((16, 16, 3), (4, 6), name="source")
    first, second = encoders.stages(source)
    return keras.Model(first.input, second(first.output), name="stages")


# The encoder and a batch for its inputs.
ENCODERS = {
    "encoders.convnet": lambda: (
        encoders.convnet((16, 16, 3), (4, 6), pooling="both"),
        [picture()],
    ),
    "encoders.copy": lambda: (
        encoders.copy(encoders.mlp(4, (5,)), "twin"),
        [normal(BATCH, 4)],
    ),
    "encoders.lstm": lambda: (
        encoders.lstm(9, 4, units=5, embedding_dim=3),
        [np.array([[1, 2, 3, 4], [5, 0, 0, 0], [0, 0, 0, 0]])],
    ),
    "encoders.mlp": lambda: (
        encoders.mlp((2, 2), (9, 8)),
        [normal(BATCH, 2, 2)],
    ),
    "encoders.optional": lambda: (
        encoders.optional(encoders.convnet((16, 16, 3), (4, 6))),
        [picture(), present()["image"]],
    ),
    "encoders.resnet": lambda: (
        encoders.resnet((1, 1, 1), (16, 16, 3), width=4, stem_stride=2),
        [picture()],
    ),
    "encoders.vgg": lambda: (
        encoders.vgg(16, (32, 32, 3), levels=("P4", "P5"), pyramid_channels=4),
        [picture(32)],
    ),
    "encoders.stages": lambda: (stages_in_a_row(), [picture()]),
}

TASKS = {
    "tasks.Task": lambda: tasks.Task(
        "angle",
        target=tasks.Target("number", (2,)),
        head=keras.layers.Dense(2, dtype="float32"),
        loss=keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanSquaredError()],
        weight=0.5,
    ),
    "tasks.alignment": lambda: tasks.alignment("match", units=4),
    "tasks.classification": lambda: tasks.classification(
        "kind", 3, hidden_units=(5,), label_smoothing=0.1
    ),
    "tasks.depth": lambda: tasks.depth(
        "depth", channels=4, scale_invariance=0.7
    ),
    "tasks.detection": lambda: tasks.detection(
        "things", 3, max_boxes=2, max_detections=4, channels=4, depth=1
    ),
    "tasks.keypoints": lambda: tasks.keypoints("joints", 2, channels=4),
    "tasks.localization": lambda: tasks.localization("place"),
    "tasks.multi_label": lambda: tasks.multi_label("tags", 3, view="pyramid"),
    "tasks.regression": lambda: tasks.regression("price", 2, weight=3.0),
    "tasks.segmentation": lambda: tasks.segmentation(
        "mask", 3, channels=4, ignore_class=255
    ),
    "tasks.tagging": lambda: tasks.tagging("part", 3, max_tokens=4),
}


def target(task):
    """A batch of possible labels for a task."""
    if task.target.kind == "number":
        return normal(BATCH, *task.target.shape)
    pixels = np.arange(BATCH * 16 * 16) % 3
    return {
        "class": np.array([0, 2, 1], "int32"),
        "labels": np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], "float32"),
        "box": np.array([[0.1, 0.2, 0.8, 0.7]] * BATCH, "float32"),
        "boxes": boxes(),
        "mask": pixels.reshape(BATCH, 16, 16, 1).astype("int32"),
        "depth": np.float32(pixels.reshape(BATCH, 16, 16, 1)),
        "tags": np.array([[0, 2, 1, -1], [1] + [-1] * 3, [-1] * 4], "int32"),
        "points": points(),
        "pair": np.array([4, 4, 2], "int32"),
    }[task.target.kind]


def features(head):
    """What a head reads, for pictures of 16 pixels."""
    views = {"vector": vectors()["image"], "pyramid": pyramid()}
    views |= {"modalities": vectors(), "tokens": tokens()}
    return views[getattr(head, "view", "vector")]


def two_encoders():
    return {
        "image": encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6),
        "table": encoders.mlp(4, (5,)),
    }


def many_tasks():
    names = ("classification", "detection", "regression", "segmentation")
    return [TASKS[f"tasks.{name}"]() for name in names]


def inputs():
    return {"image": picture().astype("float32"), "table": normal(BATCH, 4)}


def by_hand():
    """A model of the plain parts, as a user with an own structure writes it."""
    image = keras.Input((16, 16, 3), name="image")
    table = keras.Input((4,), name="table")
    task = tasks.regression("price", 2)
    joined = keras.layers.Concatenate()([keras.layers.Flatten()(image), table])
    outputs = {"price": task.make_head()(joined)}
    model = mm_keras.training.MultiTaskModel(
        {"image": image, "table": table}, outputs, tasks=[task]
    )
    model.compile("sgd")
    return model


# The model, to be called on `inputs()`.
MODELS = {
    "models.branched": lambda: models.branched(
        two_encoders(), many_tasks(), blocks=2, balancing="pcgrad"
    ),
    "models.fix_branches": lambda: models.fix_branches(
        models.branched(two_encoders(), many_tasks(), blocks=2)
    ),
    "models.cross_stitch": lambda: models.cross_stitch(
        two_encoders(), many_tasks(), stitch="nddr", balancing="pcgrad"
    ),
    "models.cgc": lambda: models.cgc(
        two_encoders(), many_tasks(), num_experts=1, num_shared_experts=1
    ),
    "models.decoupled_heads": lambda: models.decoupled_heads(
        two_encoders(), many_tasks(), units=3
    ),
    "models.dselect_k": lambda: models.dselect_k(
        two_encoders(), many_tasks(), num_experts=3
    ),
    "models.hard_sharing": lambda: models.hard_sharing(
        {**two_encoders(), "table": encoders.mlp(4, (6,))},
        many_tasks(),
        fusion="attention",
        balancing="pcgrad",
    ),
    "models.hierarchical": lambda: models.hierarchical(
        two_encoders(), many_tasks()
    ),
    "models.independent": lambda: models.independent(
        two_encoders(), many_tasks()
    ),
    "models.soft_sharing": lambda: models.soft_sharing(
        two_encoders(),
        many_tasks(),
        alpha=keras.optimizers.schedules.PolynomialDecay(0.1, 9),
        balancing="uncertainty",
    ),
    "models.mmoe": lambda: models.mmoe(
        two_encoders(), many_tasks(), num_experts=3, units=(4, 5)
    ),
    "models.ple": lambda: models.ple(
        two_encoders(), many_tasks(), num_experts=1, num_shared_experts=1
    ),
    "models.mtan": lambda: models.mtan(
        {**two_encoders(), "table": encoders.mlp(4, (6, 5))},
        many_tasks(),
        balancing="pcgrad",
    ),
    "models.task_attention": lambda: models.task_attention(
        two_encoders(), many_tasks(), hidden_units=3
    ),
    "models.two_towers": lambda: models.two_towers(
        two_encoders(), units=5, balancing="uncertainty"
    ),
    "training.MultiTaskModel": by_hand,
    "export.ServingModel": lambda: mm_keras.serving_model(by_hand()),
    "export.serving_model": lambda: mm_keras.serving_model(
        MODELS["models.hard_sharing"]()
    ),
}


def watched(folder):
    """A callback adds to the logs, and leaves the model as it is."""
    task = TASKS["tasks.detection"]()
    encoder = {"image": two_encoders()["image"]}
    model = models.hard_sharing(encoder, [task])
    before = model.get_weights()
    batch = {"image": inputs()["image"]}, {"things": target(task)}
    callback = mm_keras.training.AveragePrecision([batch])
    callback.set_model(model)
    callback.on_train_begin()
    logs = {}
    callback.on_epoch_end(0, logs)
    assert all(0.0 <= value <= 1.0 for value in logs.values())
    added = {"val_things_ap": 0, "val_things_ap50": 0}
    return (dict.fromkeys(logs, 0), model.get_weights()), (added, before)


def backed_up(folder):
    """A model that was changed has its state of before again."""
    model = by_hand()
    before = model.get_weights()
    backup = mm_keras.training.Backup(folder / "backup.npz")
    backup.set_model(model)
    backup.on_epoch_end(2)
    model.set_weights([weight + 1 for weight in before])
    epochs = backup.restore(model)
    return (epochs, model.get_weights()), (3, before)


def frozen_by_schedule(folder):
    """The layer that is frozen keeps its weights."""
    encoder = encoders.mlp(4, (6,))
    task = TASKS["tasks.regression"]()
    model = models.hard_sharing({"table": encoder}, [task])
    before = encoder.get_weights()
    callback = mm_keras.training.SharingSchedule({"table_encoder": {0: False}})
    batch = {"table": inputs()["table"]}, {"price": target(task)}
    model.fit(*batch, verbose=0, callbacks=[callback])
    return encoder.get_weights(), before


def evaluated(folder):
    """A model is measured by its losses and metrics."""
    model = by_hand()
    targets = {"price": target(model.tasks[0])}
    dataset = mm_keras.data.from_arrays(inputs(), targets, tasks=model.tasks)
    expected = model.evaluate(dataset, verbose=0, return_dict=True)
    return mm_keras.training.evaluate(model, dataset), expected


def exported(folder):
    model = by_hand()
    differences = mm_keras.export.to_saved_model(model, folder / "model")
    return differences, {"serve": 0.0, "raw": 0.0}


def loaded(folder):
    model = by_hand()
    model.save(folder / "model.keras")
    found = mm_keras.training.load_model(folder / "model.keras")
    return found(inputs()), model(inputs())


def compile_args():
    """The arguments of `compile`, as weights: those of loss can be compared."""
    arguments = tasks.compile_args(many_tasks())
    return arguments["loss_weights"]


def rejoined(folder):
    """The stages and the neck of an encoder are the whole."""
    encoder, batch = ENCODERS["encoders.convnet"]()
    tensors, tensor = {}, batch[0]
    for i, stage in enumerate(encoders.stages(encoder), start=1):
        tensors[f"stage{i}"] = tensor = stage(tensor)
    return encoders.neck(encoder)(tensors), encoder(batch[0])


def declared():
    target = tasks.Target("number", [2])
    return type(target).from_config(target.get_config()).shape


# What the function gives on a small example, given an empty folder, and what
# it should give.
FUNCTIONS = {
    "encoders.neck": rejoined,
    "export.to_saved_model": exported,
    "tasks.Target": lambda folder: (declared(), (2,)),
    "tasks.compile_args": lambda folder: (
        compile_args(),
        {"kind": 1.0, "things": 1.0, "price": 3.0, "mask": 1.0},
    ),
    "training.AveragePrecision": watched,
    "training.Backup": backed_up,
    "training.SharingSchedule": frozen_by_schedule,
    "training.evaluate": evaluated,
    "training.load_model": loaded,
}
