"""What of a view is computed with, and what goes along."""


def tensors_of(view, features):
    """Returns the tensors of a view, without the mask of tokens.

    Args:
        view: Name of the view.
        features: The view, as `mm_keras.models.features.shared_features`
            returns it.

    Returns:
        A tensor; of a pyramid, a dict from level to tensor.
    """
    return features["tokens"] if view == "tokens" else features


def with_tensors(view, features, tensors):
    """Returns the view with other tensors; tokens keep their mask."""
    return {**features, "tokens": tensors} if view == "tokens" else tensors
