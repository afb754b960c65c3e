"""Every encoder, task and model meets the shared checks."""

import importlib

import pytest
from conformance import encoder_checks
from conformance import examples
from conformance import model_checks
from conformance import model_examples
from conformance import task_checks
from conformance.checks import assert_close
from conformance.test_conformance import each

MODULES = (
    "balancing",
    "detection",
    "encoders",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "tasks",
    "training",
)
TABLES = (
    examples.LAYERS,
    examples.LOSSES,
    examples.METRICS,
    examples.STRATEGIES,
    examples.FUNCTIONS,
    model_examples.ENCODERS,
    model_examples.TASKS,
    model_examples.MODELS,
    model_examples.FUNCTIONS,
)


def test_every_public_symbol_has_one_example():
    public = [
        f"{name}.{symbol}"
        for name in MODULES
        for symbol in importlib.import_module(f"mm_keras.{name}").__all__
    ]
    shown = [symbol for table in TABLES for symbol in table]
    assert sorted(shown) == sorted(public)


@each(model_examples.ENCODERS, encoder_checks.ENCODER_CHECKS)
def test_encoder(name, check, tmp_path):
    check(model_examples.ENCODERS[name], tmp_path)


@each(model_examples.TASKS, task_checks.TASK_CHECKS)
def test_task(name, check, tmp_path):
    check(model_examples.TASKS[name], tmp_path)


@each(model_examples.MODELS, model_checks.MODEL_CHECKS)
def test_model(name, check, tmp_path):
    check(model_examples.MODELS[name], tmp_path)


@pytest.mark.parametrize("name", model_examples.FUNCTIONS)
def test_function(name, tmp_path):
    found, expected = model_examples.FUNCTIONS[name](tmp_path)
    assert_close(found, expected, atol=1e-5)
