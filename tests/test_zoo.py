"""Each named model trains, comes back from its file, and is served."""

import keras
import numpy as np
import own_files
import pytest
import sklearn.datasets

from mm_keras import data
from mm_keras import export
from mm_keras import zoo
from mm_keras.training.loading import load_model

# Small instances of all models, and the inputs of `digit_scenes` they take.
SMALL = {
    "cifar10_cnn": lambda: zoo.cifar10_cnn(),
    "coco_classification_detection": lambda: zoo.coco_classification_detection(
        (32, 32, 3), 10
    ),
    "digit_scenes": lambda: zoo.digit_scenes(steps=10),
    "resnet18_classification_localization": lambda: (
        zoo.resnet18_classification_localization((32, 32, 3))
    ),
    "resnet50_task_attention": lambda: zoo.resnet50_task_attention(
        (32, 32, 3), 10
    ),
    "shared_trunk": lambda: zoo.shared_trunk(),
    "text_image_concatenation": lambda: zoo.text_image_concatenation(
        30, 5, (16, 16, 3), 10
    ),
    "vgg16_hierarchical": lambda: zoo.vgg16_hierarchical(
        (32, 32, 3), 10, optimizer=keras.optimizers.Adam(1e-4)
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


# Twenty million weights are trained, written, read and exported.
LARGE = {
    "coco_classification_detection",
    "resnet50_task_attention",
    "vgg16_hierarchical",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name in LARGE else ())
        for name in zoo.__all__
    ],
)
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


def kernels(layer):
    """Shapes of all weights of a layer that are no vectors."""
    return [tuple(w.shape) for w in layer.weights if len(w.shape) > 1]


def test_cifar10_cnn_has_the_convolutions_and_heads_of_lenet():
    model = zoo.cifar10_cnn()
    image, *_ = (x for x in model.layers if isinstance(x, keras.Model))
    assert kernels(image) == [(5, 5, 3, 6), (5, 5, 6, 16)]
    for task, units in {"label": 10, "bbox": 4}.items():
        # Two poolings leave 8 x 8 cells.
        assert kernels(model.get_layer(f"{task}_head")) == [
            (8 * 8 * 16, 120),
            (120, 84),
            (84, units),
        ]


def scattered_digits():
    """Handwritten digits of 8 x 8, each twice as large, on 32 x 32 pixels."""
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    pictures = np.zeros((len(images), 32, 32, 3))
    corners = rng.integers(0, 17, (len(images), 2))
    for picture, image, (y, x) in zip(pictures, images, corners, strict=True):
        digit = np.kron(16 * image.reshape(8, 8), np.ones((2, 2)))
        picture[y : y + 16, x : x + 16] = digit[..., None]
    boxes = np.concatenate([corners, corners + 16], axis=1) / 32
    return pictures, labels, boxes


@pytest.mark.slow
def test_cifar10_cnn_learns_what_there_is_and_where():
    pictures, labels, boxes = scattered_digits()
    # As if two data sets were mixed: some have a class, the others a box.
    some = np.arange(1500) % 2 == 0
    model = zoo.cifar10_cnn(optimizer=keras.optimizers.Adam(3e-3))
    model.fit(
        {"image": pictures[:1500]},
        {"label": labels[:1500], "bbox": boxes[:1500]},
        sample_weight={
            "label": some.astype("float32"),
            "bbox": (~some).astype("float32"),
        },
        epochs=15,
        verbose=0,
    )
    reached = model.evaluate(
        {"image": pictures[1500:]},
        {"label": labels[1500:], "bbox": boxes[1500:]},
        return_dict=True,
        verbose=0,
    )
    # By chance a tenth, and at best a third with a box in the middle.
    assert reached["label_accuracy"] > 0.7
    assert reached["bbox_iou"] > 0.7


class TestCocoClassificationDetection:
    def test_one_resnet50_serves_both_tasks(self):
        model = zoo.coco_classification_detection((64, 96, 3))
        (image,) = (x for x in model.layers if isinstance(x, keras.Model))
        assert image.get_layer("stage4").output.shape[1:] == (2, 3, 2048)
        # Cells of 8, 16 and 32 pixels; 8 numbers of a box, and 80 classes.
        cells = 8 * 12 + 4 * 6 + 2 * 3
        assert model.output["objects"].shape[1:] == (cells, 8 + 80)
        assert model.output["labels"].shape[1:] == (80,)

    def test_labels_are_the_classes_of_the_boxes(self, tmp_path):
        path, folder = own_files.write_coco(
            tmp_path,
            [own_files.coco_image(1)],
            [
                own_files.coco_object(1, 1, 7, [60, 10, 20, 20]),
                own_files.coco_object(2, 1, 9, [0, 10, 20, 20]),
            ],
            {7: "cat", 9: "dog"},
        )
        model = zoo.coco_classification_detection((64, 64, 3), 2)
        seen = set()
        # Half of the picture is cut away, and with it either of the two.
        batches = data.from_coco(
            path,
            folder,
            tasks=model.tasks,
            image_size=(64, 64),
            augment=data.Augmentation(shift=0.9),
            seed=0,
        )
        for _, targets, _ in batches.repeat(20):
            ids = targets["objects"][0, :, 4].numpy()
            labels = targets["labels"][0].numpy()
            assert set(np.flatnonzero(labels)) == set(ids[ids >= 0])
            seen.add(tuple(labels))
        assert len(seen) > 1

    def test_weights_are_those_of_the_encoder(self):
        with pytest.raises(ValueError, match=r"weights.*'imagenet'.*'nowhere'"):
            zoo.coco_classification_detection((64, 64, 3), weights="nowhere")

    def test_size_that_does_not_fit_is_explained(self):
        with pytest.raises(
            ValueError, match=r"multiples of 32.*\(100, 96, 3\)"
        ):
            zoo.coco_classification_detection((100, 96, 3))


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
