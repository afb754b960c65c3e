"""Points of an object, from arrays to the served model and the picture."""

import keras
import numpy as np
import pytest

import mm_keras
from mm_keras import data
from mm_keras import encoders
from mm_keras import explain
from mm_keras import models
from mm_keras import tasks

NAN = np.nan
SIZE = 32


def dots(rows, seed):
    """Noise with a red dot, and in half of the pictures a green one.

    Returns the pictures, and where the dots are: the centers of pixels.
    """
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 90, (rows, SIZE, SIZE, 3))
    places = rng.integers(2, SIZE - 2, (rows, 2, 2))
    for row, channel in np.ndindex(rows, 2):
        y, x = places[row, channel]
        if channel == 0 or row % 2:
            images[row, y - 1 : y + 2, x - 1 : x + 2, channel] = 255
    points = ((places + 0.5) / SIZE).astype("float32")
    points[::2, 1] = NAN
    return images.astype("uint8"), points


def build(**options):
    image = encoders.convnet((SIZE, SIZE, 3), (8, 8), pyramid_channels=8)
    task = tasks.keypoints("dots", 2, channels=8)
    return models.hard_sharing({"image": image}, [task], **options)


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = build(optimizer=keras.optimizers.Adam(0.01))
    images, points = dots(256, seed=1)
    dataset = data.from_arrays(
        {"image": images},
        {"dots": points},
        tasks=model.tasks,
        batch_size=16,
        shuffle=True,
        seed=0,
    )
    model.fit(dataset, epochs=10, verbose=0)
    return model


def test_a_bright_dot_is_found_within_a_pixel(trained):
    images, points = dots(64, seed=2)
    found = mm_keras.serving_model(trained).predict(
        {"image": images}, verbose=0
    )
    assert set(found) == {"dots_points", "dots_scores"}
    distances = np.linalg.norm(found["dots_points"] - points, axis=-1) * SIZE
    assert np.all(np.nanpercentile(distances, 95, axis=0) < 1)
    visible = ~np.isnan(points[..., 0])
    assert np.mean((found["dots_scores"] > 0.5) == visible) > 0.9


def test_metrics_are_those_of_the_visible_points(trained):
    images, points = dots(20, seed=3)
    dataset = data.from_arrays(
        {"image": images}, {"dots": points}, tasks=trained.tasks, batch_size=8
    )
    found = trained.evaluate(dataset, verbose=0, return_dict=True)
    raw = trained.predict({"image": images}, verbose=0)["dots"]
    distances = np.linalg.norm(raw[..., :2] - points, axis=-1)
    seen = distances[~np.isnan(distances)]
    assert len(seen) == 30
    assert found["dots_distance"] == pytest.approx(seen.mean(), rel=1e-4)
    assert found["dots_pck"] == pytest.approx((seen <= 0.05).mean())


def test_a_served_file_gives_the_same(trained, tmp_path):
    images, _ = dots(4, seed=4)
    differences = mm_keras.export.to_saved_model(trained, tmp_path / "model")
    assert max(differences.values()) < 1e-5
    trained.save(tmp_path / "model.keras")
    loaded = mm_keras.training.load_model(tmp_path / "model.keras")
    expected = mm_keras.serving_model(trained).predict_one({"image": images[0]})
    found = mm_keras.serving_model(loaded).predict_one({"image": images[0]})
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5)


def test_truth_and_prediction_are_drawn():
    task = tasks.keypoints("dots", 2)
    points = np.array([[[0.25, 0.5], [NAN, NAN]]])
    (truth,) = explain.truth({"dots": points}, [task])
    outputs = {
        "dots_points": np.array([[[0.25, 0.5], [0.1, 0.1]]]),
        "dots_scores": np.array([[0.9, 0.4]]),
    }
    (predicted,) = explain.prediction(outputs, [task])
    for note in (truth, predicted):
        assert list(note) == ["points"]
        np.testing.assert_array_equal(note["points"], points[0])
    rows = {"truth": [truth], "prediction": [predicted]}
    figure = explain.gallery(np.zeros((1, 20, 40, 3)), rows)
    _, *axes = figure.axes
    for axis in axes:
        (marker,) = axis.lines
        np.testing.assert_allclose(marker.get_xydata(), [[19.5, 4.5]])


def test_faulty_points_are_found():
    images, points = dots(4, seed=5)
    points[1, 0] = [0.5, 1.5]
    points[2, 0] = [NAN, 0.5]
    task = tasks.keypoints("dots", 2)
    dataset = [
        (
            {"image": images.astype("float32")},
            {"dots": points},
            {"dots": np.ones(4, "float32")},
        )
    ]
    report = data.validate(dataset, [task])
    assert [finding.rule for finding in report.findings] == ["outside"] * 2
    points[1:3] = 0.5
    assert not data.validate(dataset, [task]).findings


def test_pictures_without_points_are_unlabelled():
    images, points = dots(4, seed=6)
    points[2] = NAN
    task = tasks.keypoints("dots", 2)
    dataset = data.from_arrays(
        {"image": images}, {"dots": points}, tasks=[task], batch_size=4
    )
    _, targets, weights = next(dataset.as_numpy_iterator())
    assert weights["dots"].tolist() == [1, 1, 0, 1]
    np.testing.assert_array_equal(targets["dots"][[0, 1, 3]], points[[0, 1, 3]])


def test_landmarks_of_the_catalog_become_a_task():
    (task,) = data.tasks_of("celeb_a", ["landmarks"])
    assert task.target.kind == "points"
    assert task.target.shape == (5, 2)


def test_a_later_task_can_read_points():
    image = encoders.convnet((SIZE, SIZE, 3), (8, 8), pyramid_channels=8)
    two = [tasks.keypoints("dots", 2, channels=8), tasks.regression("angle")]
    model = models.hierarchical({"image": image}, two)
    reader = model.get_layer("angle_features").parts[""][0]["dots_prediction"]
    assert tuple(reader.kernel.shape)[0] == 6


@pytest.mark.parametrize("count", [0, 2.5, "5"])
def test_a_wrong_number_of_points_is_explained(count):
    with pytest.raises(
        ValueError, match=r"`num_points`.*Received: num_points=.*Count"
    ):
        tasks.keypoints("dots", count)
