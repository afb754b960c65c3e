import keras
import numpy as np

from mm_keras.encoders.feature_pyramid import feature_pyramid


def identity(layer):
    """Sets a square convolution to pass its input through."""
    kernel, bias = layer.get_weights()
    kernel[:] = 0
    middle = kernel.shape[0] // 2
    kernel[middle, middle] = np.eye(kernel.shape[2])
    layer.set_weights([kernel, bias])


def test_each_level_adds_what_the_coarser_ones_know():
    maps = {
        "P1": keras.Input((4, 4, 2)),
        "P2": keras.Input((2, 2, 2)),
        "P3": keras.Input((1, 1, 2)),
    }
    model = keras.Model(list(maps.values()), feature_pyramid(maps, 2))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            identity(layer)
    rng = np.random.default_rng(0)
    p1, p2, p3 = (
        rng.normal(size=(1, s, s, 2)).astype("float32") for s in (4, 2, 1)
    )
    outputs = model([p1, p2, p3])
    np.testing.assert_allclose(outputs["P3"], p3, rtol=1e-6)
    merged = p2 + p3
    np.testing.assert_allclose(outputs["P2"], merged, rtol=1e-6)
    upsampled = merged.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_allclose(outputs["P1"], p1 + upsampled, rtol=1e-5)
