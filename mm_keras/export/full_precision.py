"""Models that were trained in half precision are served in float32."""

import contextlib

import keras

HALF = ("float16", "bfloat16")


@contextlib.contextmanager
def under_float32():
    """Makes new models in float32, whatever the global policy."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


@under_float32()
def full_precision(model):
    """Returns a model that computes in float32, with the same weights.

    Half precision rounds differently in each program that runs a model, and
    where two scores lie near each other, another box or class comes first. So
    what is served computes in float32, in which the weights are kept anyway.

    Args:
        model: A functional model.

    Returns:
        The model itself where it computes in float32 already, else a copy.
    """
    layers = model._flatten_layers()
    if not any(layer.compute_dtype in HALF for layer in layers):
        return model
    copy = type(model).from_config(with_full_policies(model.get_config()))
    network(copy).set_weights(network(model).get_weights())
    return copy


def network(model):
    """Returns the layers of a model, without what `compile` set up."""
    return keras.Model(model.input, model.output, name=model.name)


def with_full_policies(config):
    """Returns a configuration whose policies of half precision are float32."""
    if isinstance(config, list | tuple):
        return type(config)(map(with_full_policies, config))
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": full(config["config"]["name"])}}
    return {name: with_full_policies(part) for name, part in config.items()}


def full(policy):
    """Returns the name of a policy; of one of half precision, `"float32"`."""
    return "float32" if policy.endswith(HALF) else policy
