import itertools

import keras
import numpy as np
import pytest

from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks

RNG = np.random.default_rng(0)
INPUTS = {"table": RNG.normal(size=(8, 4)).astype("float32")}
TARGETS = {
    "price": RNG.normal(size=(8, 1)).astype("float32"),
    "kind": RNG.integers(0, 3, 8),
    "size": RNG.normal(size=(8, 1)).astype("float32"),
}
SCHEDULE = keras.optimizers.schedules.PolynomialDecay(0.5, 4, 0.1)


def table(name=None):
    return encoders.mlp(4, units=(6, 5), name=name)


def three_tasks():
    return [
        tasks.regression("price"),
        tasks.classification("kind", 3),
        tasks.regression("size"),
    ]


def built(**arguments):
    """A model whose columns have moved apart."""
    model = models.soft_sharing({"table": table()}, three_tasks(), **arguments)
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return model


def literal_penalty(model, alpha):
    """The formula, pair by pair and weight by weight."""
    columns = [
        model.get_layer(f"{task}_table_encoder").get_weights()
        for task in TARGETS
    ]
    total = 0.0
    for first, second in itertools.combinations(columns, 2):
        for a, b in zip(first, second, strict=True):
            total += np.sum((a.astype("float64") - b) ** 2)
    return alpha * total


def losses_of(model):
    """The loss with all that belongs to it, and that of the tasks alone."""
    logs = model.evaluate(INPUTS, TARGETS, verbose=0, return_dict=True)
    return logs["loss"], sum(logs[f"{task}_loss"] for task in TARGETS)


def test_the_loss_has_the_penalty_of_all_pairs():
    model = built(alpha=0.01)
    whole, of_tasks = losses_of(model)
    expected = literal_penalty(model, 0.01)
    assert expected > 0.5
    np.testing.assert_allclose(whole - of_tasks, expected, rtol=1e-5)
    np.testing.assert_allclose(model.losses, [expected], rtol=1e-5)


def test_a_step_follows_the_gradient_of_the_formula():
    """Of one pair it is `2 * alpha * (theta_t - theta_k)`."""
    free, drawn = built(alpha=0.0), built(alpha=0.05)
    drawn.set_weights(free.get_weights())
    names = [f"{task}_table_encoder" for task in TARGETS]
    before = [drawn.get_layer(name).get_weights() for name in names]
    for model in (free, drawn):
        model.compile(keras.optimizers.SGD(0.1))
        model.train_on_batch(INPUTS, TARGETS)
    for t, name in enumerate(names):
        pairs = zip(
            drawn.get_layer(name).get_weights(),
            free.get_layer(name).get_weights(),
            strict=True,
        )
        for i, (found, without) in enumerate(pairs):
            pull = sum(2 * 0.05 * (before[t][i] - other[i]) for other in before)
            np.testing.assert_allclose(found, without - 0.1 * pull, atol=1e-5)


@pytest.mark.parametrize("balancing", [None, "uncertainty", "pcgrad"])
def test_alpha_zero_is_independent_step_for_step(balancing):
    encoder = table()
    soft, free = (
        factory({"table": encoder}, three_tasks(), balancing=balancing, **extra)
        for factory, extra in (
            (models.soft_sharing, {"alpha": 0}),
            (models.independent, {}),
        )
    )
    for layer in soft.layers:
        free.get_layer(layer.name).set_weights(layer.get_weights())
    for _ in range(3):
        logs = soft.train_on_batch(INPUTS, TARGETS, return_dict=True)
        assert logs == free.train_on_batch(INPUTS, TARGETS, return_dict=True)
    for found, expected in zip(
        soft.get_weights(), free.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("balancing", ["uncertainty", "pcgrad", "equal"])
def test_the_penalty_joins_after_balancing(balancing):
    """It is in the gradient in full: the rest of the step is as without."""
    steps = []
    for alpha in (0.0, 0.05):
        model = built(alpha=alpha, balancing=balancing)
        model.compile(keras.optimizers.SGD(1.0), balancing=model.balancing)
        before = model.get_layer("price_table_encoder").get_weights()
        others = [
            model.get_layer(f"{task}_table_encoder").get_weights()
            for task in ("kind", "size")
        ]
        model.train_on_batch(INPUTS, TARGETS)
        after = model.get_layer("price_table_encoder").get_weights()
        steps.append([b - a for b, a in zip(before, after, strict=True)])
    for i, (without, found) in enumerate(zip(*steps, strict=True)):
        pull = sum(2 * 0.05 * (before[i] - other[i]) for other in others)
        np.testing.assert_allclose(found, without + pull, atol=2e-5)


def test_a_large_alpha_keeps_the_columns_together():
    apart, together = (
        models.soft_sharing(
            {"table": table()},
            three_tasks(),
            alpha=alpha,
            optimizer=keras.optimizers.SGD(0.05),
        )
        for alpha in (0.0, 3.0)
    )
    for model in (apart, together):
        model.fit(INPUTS, TARGETS, epochs=30, verbose=0)
    assert literal_penalty(apart, 1) > 100 * literal_penalty(together, 1)


def test_a_schedule_is_read_in_every_step():
    model = built(alpha=SCHEDULE)
    model.compile(keras.optimizers.SGD(0.0))
    found = []
    for _ in range(6):
        found.append(float(model.losses[0]))
        model.fit(INPUTS, TARGETS, verbose=0)
    alphas = [0.5, 0.4, 0.3, 0.2, 0.1, 0.1]
    expected = [literal_penalty(model, alpha) for alpha in alphas]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_schedule_counts_in_the_compiled_step():
    model = built(alpha=SCHEDULE)
    model.compile(keras.optimizers.SGD(0.0))
    history = model.fit(
        INPUTS, TARGETS, batch_size=8, epochs=3, verbose=0
    ).history
    of_tasks = sum(history[f"{task}_loss"][0] for task in TARGETS)
    expected = [literal_penalty(model, alpha) for alpha in (0.5, 0.4, 0.3)]
    np.testing.assert_allclose(
        np.array(history["loss"]) - of_tasks, expected, rtol=1e-4
    )


@pytest.mark.parametrize("alpha", [0.25, SCHEDULE])
def test_alpha_survives_a_file_and_goes_on_where_it_was(alpha, tmp_path):
    model = built(alpha=alpha, balancing="pcgrad")
    model.fit(INPUTS, TARGETS, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.losses, model.losses)
    steps = [m.train_on_batch(INPUTS, TARGETS) for m in (model, loaded)]
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-5)
    np.testing.assert_allclose(loaded.losses, model.losses, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_the_penalty_has_full_precision(policy):
    keras.config.set_dtype_policy(policy)
    model = built(alpha=1e-4)
    np.testing.assert_allclose(
        model.losses, [literal_penalty(model, 1e-4)], rtol=1e-5
    )
    before = literal_penalty(model, 1)
    for _ in range(3):
        logs = model.train_on_batch(INPUTS, TARGETS, return_dict=True)
    assert np.isfinite(logs["loss"])
    assert literal_penalty(model, 1) != before


def test_a_task_matches_in_the_part_that_it_reads():
    image = encoders.convnet((16, 16, 3), (4, 6), pyramid_channels=6)
    model = models.soft_sharing(
        {"image": image},
        [tasks.segmentation("mask", 3, channels=4), tasks.regression("price")],
        alpha=1.0,
    )
    mask = model.get_layer("mask_image_encoder")
    price = model.get_layer("price_image_encoder")
    assert len(mask.weights) > len(price.weights)
    for weight in mask.weights:
        weight.assign(weight + 1)
    trunk = sum(int(np.prod(w.shape)) for w in price.weights)
    np.testing.assert_allclose(model.losses, [float(trunk)], rtol=1e-5)


def test_statistics_and_what_is_frozen_everywhere_are_left_out():
    image = encoders.resnet((1,), (8, 8, 3), width=4, stem_stride=1)
    model = models.soft_sharing(
        {"image": image},
        [tasks.regression("price"), tasks.regression("size")],
        alpha=1.0,
    )
    encoder = model.get_layer("price_image_encoder")
    for weight in encoder.non_trainable_weights:
        weight.assign(weight + 1)
    assert float(model.losses[0]) == 0.0
    encoder.trainable_weights[0].assign(encoder.trainable_weights[0] + 1)
    assert float(model.losses[0]) > 0.0
    encoder.trainable = False
    assert float(model.losses[0]) > 0.0
    model.get_layer("size_image_encoder").trainable = False
    assert float(model.losses[0]) == 0.0


def test_it_learns_and_modalities_may_be_absent():
    model = models.soft_sharing(
        {"table": encoders.optional(table())},
        three_tasks(),
        alpha=0.01,
        optimizer=keras.optimizers.Adam(0.02),
    )
    losses = model.fit(INPUTS, TARGETS, epochs=25, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    "arguments, match",
    [
        ({"alpha": -0.1}, "at least 0.*Received.*alpha=-0.1.*independent"),
        ({"alpha": float("nan")}, "at least 0.*Received.*nan"),
        ({"alpha": "decay"}, "Schedule.*Received.*'decay'"),
    ],
)
def test_wrong_alpha_is_explained(arguments, match):
    with pytest.raises(ValueError, match=match):
        models.soft_sharing({"table": table()}, three_tasks(), **arguments)


def test_one_task_is_explained():
    with pytest.raises(ValueError, match=r"at least two.*Received.*Add"):
        models.soft_sharing({"table": table()}, three_tasks()[:1])


def test_columns_that_have_nothing_in_common_are_explained():
    ids = encoders.lstm(9, 4, units=3)
    pair = [tasks.tagging("part", 3, max_tokens=4), tasks.regression("price")]
    only_vectors = {"table": table(), "text": without_vector(ids)}
    with pytest.raises(ValueError, match=r"at least two.*Received.*independ"):
        models.soft_sharing(only_vectors, pair)


def without_vector(encoder):
    views = {n: encoder.output[n] for n in ("tokens", "tokens_mask")}
    return keras.Model(encoder.input, views, name="tokens_only")
