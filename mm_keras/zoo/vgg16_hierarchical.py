from mm_keras import encoders
from mm_keras import models
from mm_keras.zoo.things import labels_and_objects


def vgg16_hierarchical(
    input_shape=(512, 512, 3),
    num_classes=20,
    *,
    weights=None,
    optimizer="adam",
    name="vgg16_hierarchical",
):
    """First which things there are, then where, on VGG16.

    ```
                                 +-> labels --------+
    image -> VGG16 -> pyramid ---+                  v
                                 +-------------> objects
    ```

    The detection reads the shared features, those of the classification, and
    its probabilities: see `mm_keras.models.hierarchical`. For `voc/2007` and
    `voc/2012` (20 classes; 21 where the background is counted as one), and
    `mm_keras.data.from_voc`. VGG16 has no normalization: from random weights
    it wants a small learning rate.

    Args:
        input_shape: Height, width, 3; height and width are multiples of 32.
        num_classes: Number of classes.
        weights: Those of VGG16: None (random), `"imagenet"`, or the path of a
            file; see `mm_keras.encoders.vgg`.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Example:

    ```python
    model = mm_keras.zoo.vgg16_hierarchical(weights="imagenet")
    train = mm_keras.data.load(
        "voc/2007", "train", tasks=model.tasks, image_size=(512, 512)
    )
    model.fit(train, epochs=10)
    ```

    Reference:
        [Simonyan and Zisserman, 2015](https://arxiv.org/abs/1409.1556).
    """
    tasks = labels_and_objects(num_classes)
    image = encoders.vgg(16, input_shape, weights=weights)
    return models.hierarchical(
        {"image": image},
        tasks,
        order={"objects": ["labels"]},
        optimizer=optimizer,
        name=name,
    )
