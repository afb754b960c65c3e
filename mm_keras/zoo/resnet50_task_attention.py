from mm_keras import encoders
from mm_keras import models
from mm_keras.zoo.things import labels_and_objects


def resnet50_task_attention(
    input_shape=(512, 512, 3),
    num_classes=20,
    *,
    weights=None,
    optimizer="adam",
    name="resnet50_task_attention",
):
    """Which things there are and where, each task with an eye of its own.

    ```
                                    +-> attention -> labels
    image -> ResNet50 -> pyramid ---+
                                    +-> attention -> objects
    ```

    One shared network, whose features each task weighs by a learned mask: see
    `mm_keras.models.task_attention`. For `voc/2007` and `voc/2012` of 20
    classes, `coco/2017` of 80 (91, if the ids of its files are class ids), and
    for `mm_keras.data.from_voc` and `from_coco`.

    Args:
        input_shape: Height, width, 3; height and width are multiples of 32.
        num_classes: Number of classes.
        weights: Those of the ResNet50: None (random), `"imagenet"`, or the
            path of a file; see `mm_keras.encoders.resnet`.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Example:

    ```python
    model = mm_keras.zoo.resnet50_task_attention(weights="imagenet")
    train = mm_keras.data.load(
        "voc/2012", "train", tasks=model.tasks, image_size=(512, 512)
    )
    model.fit(train, epochs=10)
    masks = model.get_layer("objects_attention").attention_model(model)
    ```

    Reference:
        The masks are those of [Liu et al., 2019](https://arxiv.org/abs/1803.10704).
    """
    tasks = labels_and_objects(num_classes)
    image = encoders.resnet(50, input_shape, weights=weights)
    return models.task_attention(
        {"image": image}, tasks, optimizer=optimizer, name=name
    )
