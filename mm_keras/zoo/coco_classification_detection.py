from mm_keras import encoders
from mm_keras import models
from mm_keras.zoo.things import labels_and_objects


def coco_classification_detection(
    input_shape=(512, 512, 3),
    num_classes=80,
    *,
    weights=None,
    optimizer="adam",
    name="coco_classification_detection",
):
    """Which things a photograph shows, and where each is, on one ResNet50.

    ```
                         +-> labels: which of the classes there are
    image -> ResNet50 ---+
             + pyramid   +-> objects: a box, a class and a score for each thing
    ```

    For `coco/2017`, and for `mm_keras.data.from_coco` and `from_voc`: the
    boxes are in the feature `objects`, and the labels are the classes of these
    boxes, so that they stay true where augmentation moves something out of
    the picture.

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
    model = mm_keras.zoo.coco_classification_detection(weights="imagenet")
    train = mm_keras.data.load(
        "coco/2017",
        "train",
        tasks=model.tasks,
        image_size=(512, 512),
        augment=mm_keras.data.Augmentation(horizontal_flip=0.5, shift=0.1),
    )
    model.fit(train, epochs=10)
    ```

    Reference:
        [Lin et al., 2014](https://arxiv.org/abs/1405.0312).
    """
    tasks = labels_and_objects(num_classes)
    image = encoders.resnet(50, input_shape, weights=weights)
    return models.hard_sharing(
        {"image": image}, tasks, optimizer=optimizer, name=name
    )
