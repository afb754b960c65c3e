"""What the tests of structures with experts share: parts, batches, NumPy."""

import keras
import numpy as np

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)
ROWS = 6
LENGTH = 4


def table():
    return {"table": encoders.mlp(4, (6,))}


def picture():
    return encoders.convnet((8, 8, 3), (4, 6), pyramid_channels=5)


def two_tasks():
    return [tasks.regression("price"), tasks.classification("kind", 3)]


def dense_tasks():
    return [
        tasks.segmentation("mask", 3, channels=4),
        tasks.depth("depth", channels=4),
    ]


def three_modalities():
    """Encoders that give every view together."""
    text = encoders.lstm(9, LENGTH, units=6, embedding_dim=3)
    return {"image": picture(), "text": text, **table()}


def tasks_of_every_view():
    return [
        *two_tasks(),
        *dense_tasks(),
        tasks.tagging("part", 3, max_tokens=LENGTH),
        tasks.tagging("entity", 2, max_tokens=LENGTH),
        tasks.alignment("match", units=4),
    ]


def one_task_of_each_view():
    names = ("kind", "mask", "part", "match")
    return [task for task in tasks_of_every_view() if task.name in names]


def inputs_of(model):
    ids = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [0, 0, 0, 0]] * (ROWS // 3))
    given = {
        "image": RNG.uniform(0, 255, (ROWS, 8, 8, 3)).astype("float32"),
        "text": ids,
        "table": RNG.normal(size=(ROWS, 4)).astype("float32"),
    }
    return {name: given[name] for name in model.input}


def targets_of(model):
    pixels = (np.arange(ROWS * 64) % 3).reshape(ROWS, 8, 8, 1)
    tags = np.array([[0, 1, 1, 0], [1, 0, -1, -1], [-1] * 4] * (ROWS // 3))
    given = {
        "price": RNG.normal(size=(ROWS, 1)).astype("float32"),
        "kind": np.arange(ROWS) % 3,
        "mask": pixels,
        "depth": 1.0 + pixels.astype("float32"),
        "part": tags,
        "entity": tags,
        "match": np.arange(ROWS) // 2,
    }
    return {task.name: given[task.name] for task in model.tasks}


def shake(layer_or_model, scale=0.5):
    """Draws all trainable weights anew, so that nothing is at its start."""
    for weight in layer_or_model.trainable_weights:
        drawn = RNG.normal(size=weight.shape, scale=scale)
        weight.assign(drawn.astype("float32"))


def assert_learns(model, steps=30, by=0.8):
    """The loss of one small batch falls, and stays finite."""
    model.compile(keras.optimizers.Adam(0.01), balancing=model.balancing)
    x, y = inputs_of(model), targets_of(model)
    losses = [
        float(model.train_on_batch(x, y, return_dict=True)["loss"])
        for _ in range(steps)
    ]
    assert np.all(np.isfinite(losses))
    assert losses[-1] < by * losses[0], losses


def assert_reloads(model, folder):
    """The same outputs come from the file of a model with shaken weights."""
    shake(model)
    x = inputs_of(model)
    model.save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras")
    expected = model(x)
    for task, outputs in loaded(x).items():
        np.testing.assert_allclose(outputs, expected[task], rtol=1e-5)


def values_of(model, tensors, x):
    """What symbolic tensors inside of a model are, as a flat list."""
    flat = dict(enumerate(keras.tree.flatten(tensors)))
    part = keras.Model(model.input, {str(i): t for i, t in flat.items()})
    found = part(x)
    return [np.asarray(found[str(i)]) for i in flat]


def hard_sharing_of(structure, encoder_of, tasks_of, **arguments):
    """A structure and hard sharing, on one encoder and with equal heads."""
    parts = encoder_of()
    mixed = structure(parts, tasks_of, **arguments)
    plain = models.hard_sharing(parts, tasks_of)
    for task in tasks_of:
        head = plain.get_layer(f"{task.name}_head")
        if head.built:
            head.set_weights(mixed.get_layer(head.name).get_weights())
    return mixed, plain


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def expert(layer, number, x):
    """One expert of one layer on a vector, from its weights."""
    kernel, bias = layer.get_weights()[2 * number : 2 * number + 2]
    return np.maximum(x @ kernel + bias, 0)


def linear_head(model, task, x):
    kernel, bias = model.get_layer(f"{task}_head").get_weights()
    return x @ kernel + bias
