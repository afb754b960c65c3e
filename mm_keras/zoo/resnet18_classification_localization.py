from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks as task_module


def resnet18_classification_localization(
    input_shape=(224, 224, 3),
    num_classes=10,
    *,
    optimizer="adam",
    name="resnet18_classification_localization",
):
    """What the one object of a picture is and where, on one ResNet18.

    ```
                             +-> 100 -> num_classes: label
    image -> ResNet18 -> 512 +
                             +-> 100 -> 4: bbox
    ```

    For pictures of one object each, such as `caltech_birds2011` of TFDS
    (200 classes): the tasks are named like its features.

    Args:
        input_shape: Height, width, channels; height and width are multiples
            of 32.
        num_classes: Number of classes.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Example:

    >>> model = mm_keras.zoo.resnet18_classification_localization((64, 64, 3))
    >>> {task: output.shape for task, output in model.output.items()}
    {'label': (None, 10), 'bbox': (None, 4)}
    """
    tasks = [
        task_module.classification("label", num_classes, hidden_units=(100,)),
        task_module.localization("bbox", hidden_units=(100,)),
    ]
    image = encoders.resnet(18, input_shape)
    return models.hard_sharing(
        {"image": image}, tasks, optimizer=optimizer, name=name
    )
