from mm_keras.encoders import views


def copy(encoder, name):
    """Copies an encoder, its weights included.

    The copy starts from the same, perhaps pretrained, weights and is trained
    on its own. (`keras.models.clone_model` draws new weights.)

    Args:
        encoder: A functional model.
        name: Name of the copy.

    Returns:
        A model of the same class.

    Example:

    >>> encoder = mm_keras.encoders.mlp(6)
    >>> twin = mm_keras.encoders.copy(encoder, "twin")
    >>> bool(np.all(twin.get_weights()[0] == encoder.get_weights()[0]))
    True
    """
    views.output_of(encoder)
    copied = type(encoder).from_config({**encoder.get_config(), "name": name})
    copied.set_weights(encoder.get_weights())
    return copied
