"""Each named model trains, comes back from its file, and is served."""

import keras
import numpy as np
import pytest

from mm_keras import data
from mm_keras import export
from mm_keras import zoo
from mm_keras.training.loading import load_model

# Small instances of all models, and the inputs of `digit_scenes` they take.
SMALL = {
    "digit_scenes": lambda: zoo.digit_scenes(steps=10),
    "resnet18_classification_localization": lambda: (
        zoo.resnet18_classification_localization((32, 32, 3))
    ),
    "text_image_concatenation": lambda: zoo.text_image_concatenation(
        30, 5, (16, 16, 3), 10
    ),
}


def random_targets(tasks, rows):
    """Targets that fit, at random."""
    rng = np.random.default_rng(0)
    box = [0.1, 0.2, 0.6, 0.7]
    make = {
        "class": lambda shape: rng.integers(0, 10, rows),
        "labels": lambda shape: rng.integers(0, 2, (rows, *shape)),
        "number": lambda shape: rng.normal(size=(rows, *shape)),
        "box": lambda shape: np.tile(box, (rows, 1)),
        "boxes": lambda shape: np.tile([*box, 3], (rows, shape[0], 1)),
        "mask": lambda shape: rng.integers(0, 11, (rows, 64, 64, 1)),
    }
    return {
        t.name: make[t.target.kind](t.target.shape).astype(t.target.dtype)
        for t in tasks
    }


def random_inputs(model, rows):
    rng = np.random.default_rng(1)
    return {
        name: rng.integers(0, 30, (rows, *tensor.shape[1:]))
        for name, tensor in model.input.items()
    }


def test_every_model_has_a_small_instance_here():
    assert sorted(SMALL) == sorted(zoo.__all__)


@pytest.mark.parametrize("name", zoo.__all__)
def test_model_trains_and_comes_back_and_is_served(name, tmp_path):
    model = SMALL[name]()
    assert model.name == name
    inputs = random_inputs(model, 4)
    targets = random_targets(model.tasks, 4)
    before = [np.array(w) for w in model.trainable_variables]
    history = model.fit(inputs, targets, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    changed = [
        np.any(old != np.array(new))
        for old, new in zip(before, model.trainable_variables, strict=True)
    ]
    assert np.mean(changed) > 0.9

    expected = model.predict(inputs, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    found = loaded.predict(inputs, verbose=0)
    for task, value in expected.items():
        np.testing.assert_allclose(found[task], value, atol=1e-6)
    assert loaded.optimizer.iterations == model.optimizer.iterations

    # It compares with the model, and raises where they differ.
    export.to_saved_model(model, tmp_path / "served", examples=inputs)


def test_resnet18_has_the_heads_of_the_paper_on_512_features():
    model = zoo.resnet18_classification_localization((32, 32, 3), 10)
    shapes = {
        task: [
            tuple(w.shape)
            for w in model.get_layer(f"{task}_head").trainable_weights
            if len(w.shape) == 2
        ]
        for task in ("label", "bbox")
    }
    assert shapes == {
        "label": [(512, 100), (100, 10)],
        "bbox": [(512, 100), (100, 4)],
    }


def test_one_resnet18_serves_both_tasks():
    model = zoo.resnet18_classification_localization((32, 32, 3))
    encoders = [x for x in model.layers if isinstance(x, keras.Model)]
    assert len(encoders) == 1


def test_text_and_image_vectors_stand_side_by_side():
    model = zoo.text_image_concatenation(30, 5, (16, 16, 3), 10)
    (kernel,) = (
        w
        for w in model.get_layer("present_head").trainable_weights
        if len(w.shape) == 2
    )
    # 128 units of the LSTM, and 32 filters on a grid of half the size.
    assert tuple(kernel.shape) == (128 + 8 * 8 * 32, 10)


def test_one_label_says_yes_or_no_with_a_probability():
    model = zoo.text_image_concatenation(30, 5, (16, 16, 3), 1, task="funny")
    inputs = random_inputs(model, 3)
    raw = model.predict(inputs, verbose=0)["funny"]
    served = export.serving_model(model).predict(inputs, verbose=0)["funny"]
    np.testing.assert_allclose(served, 1 / (1 + np.exp(-raw)), rtol=1e-5)


def test_text_and_image_model_takes_the_captions_of_digit_scenes(tfds_dir):
    text = data.text_vectorization(
        "digit_scenes", "train[:50]", length=12, data_dir=tfds_dir
    )
    model = zoo.text_image_concatenation(text.vocabulary_size(), 12)
    batches = data.load(
        "digit_scenes",
        "train[:8]",
        tasks=model.tasks,
        inputs=("image", "text"),
        batch_size=4,
        text=text,
        data_dir=tfds_dir,
    )
    history = model.fit(batches, verbose=0).history
    assert np.isfinite(history["present_loss"]).all()


def test_tasks_of_digit_scenes_find_their_labels(tfds_dir):
    model = zoo.digit_scenes(steps=10)
    batches = data.load(
        "digit_scenes",
        "validation[:4]",
        tasks=model.tasks,
        batch_size=4,
        data_dir=tfds_dir,
    )
    _, targets, weights = next(iter(batches))
    assert sorted(targets) == sorted(model.output)
    assert all(np.all(w == 1) for w in weights.values())


def test_learning_rate_rises_for_a_tenth_of_the_steps_then_falls_to_zero():
    model = zoo.digit_scenes(steps=100, learning_rate=0.5)
    rate = model.optimizer._learning_rate
    rates = [float(rate(step)) for step in (0, 5, 10, 55, 100)]
    # Half way down, the cosine is half as high.
    np.testing.assert_allclose(rates, [0, 0.25, 0.5, 0.25, 0], atol=1e-6)


def test_a_single_step_has_a_schedule_too():
    assert zoo.digit_scenes(steps=1).optimizer is not None
