import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks


def towers():
    return {
        "image": encoders.mlp((6,), units=(16,), name="image_mlp"),
        "text": encoders.mlp((4,), units=(16,), name="text_mlp"),
    }


def pairs(rows=64, seed=0):
    """Two views of one hidden vector, which a linear map can bring together."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(rows, 3))
    maps = np.random.default_rng(1)
    return {
        "image": (hidden @ maps.normal(size=(3, 6))).astype("float32"),
        "text": (hidden @ maps.normal(size=(3, 4))).astype("float32"),
    }, {"alignment": np.arange(rows)}


def recall(model, x):
    """Share of images whose nearest text is their own."""
    embeddings = model.predict(x, verbose=0)["alignment"]
    similarity = embeddings[:, 0] @ embeddings[:, 1].T
    return np.mean(similarity.argmax(1) == np.arange(len(similarity)))


def test_what_belongs_together_comes_to_lie_near():
    keras.utils.set_random_seed(0)
    model = models.two_towers(
        towers(), units=8, optimizer=keras.optimizers.Adam(1e-2)
    )
    x, y = pairs()
    unseen, _ = pairs(seed=9)
    before = recall(model, unseen)
    model.fit(x, y, batch_size=32, epochs=60, verbose=0)
    assert recall(model, unseen) > 0.5 > before + 0.3


def test_other_tasks_sit_beside_the_alignment():
    model = models.two_towers(
        towers(), [tasks.alignment("match", units=8), tasks.regression("sum")]
    )
    x, y = pairs()
    y = {"match": y["alignment"], "sum": x["image"][:, :1]}
    logs = model.fit(x, y, verbose=0).history
    assert {"match_loss", "sum_loss", "sum_mae"} <= set(logs)


def test_unpaired_rows_change_nothing():
    model = models.two_towers(towers(), units=8)
    x, y = pairs(rows=8)
    few = {name: value[:6] for name, value in x.items()}
    expected = model.evaluate(
        few, {"alignment": np.arange(6)}, verbose=0, return_dict=True
    )
    y["alignment"][6:] = -1
    weights = {"alignment": (y["alignment"] >= 0).astype("float32")}
    logs = model.evaluate(
        x, y, sample_weight=weights, verbose=0, return_dict=True
    )
    assert logs["loss"] == pytest.approx(expected["loss"], rel=1e-5)


def test_one_modality_is_explained():
    with pytest.raises(ValueError, match=r"two modalities.*Received.*Add"):
        models.two_towers({"image": encoders.mlp((6,))})


def test_tasks_without_an_alignment_are_explained():
    with pytest.raises(ValueError, match=r"alignment.*Received.*Add"):
        models.two_towers(towers(), [tasks.regression("sum")])
