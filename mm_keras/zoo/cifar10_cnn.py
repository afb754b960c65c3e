from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks as task_module


def cifar10_cnn(
    input_shape=(32, 32, 3),
    num_classes=10,
    *,
    box="bbox",
    optimizer="adam",
    name="cifar10_cnn",
):
    """What a small picture shows and where, on two convolutions.

    ```
    image -> convolution 5x5, 6 -> max pool 2x2
          -> convolution 5x5, 16 -> max pool 2x2 -> flatten -+
                                                             |
             +-----------------------------------------------+
             +-> 120 -> 84 -> num_classes: label
             +-> 120 -> 84 -> 4: bbox
    ```

    The labels are those of `cifar10`, which has no boxes, and none are made
    up here: a box around every whole picture would teach nothing. So boxes
    come from another data set, where somebody drew them. Each picture has
    weight 0 for the task that its data set knows nothing of, and without such
    a second data set only the classes are learned.

    Args:
        input_shape: Height, width, channels; height and width are multiples
            of 4.
        num_classes: Number of classes.
        box: Name of the task of the box, that of the feature with the boxes.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Example:

    ```python
    model = mm_keras.zoo.cifar10_cnn(box="head")
    label, head = model.tasks
    photos = mm_keras.data.load("cifar10", "train", tasks=[label])
    pets = mm_keras.data.load(
        "oxford_iiit_pet", "train", tasks=[head], image_size=(32, 32)
    )
    train = mm_keras.data.mix([photos, pets], tasks=model.tasks)
    model.fit(train, epochs=20)
    ```

    Reference:
        [LeCun et al., 1998](https://doi.org/10.1109/5.726791).
    """
    hidden_units = (120, 84)
    tasks = [
        task_module.classification(
            "label", num_classes, hidden_units=hidden_units
        ),
        task_module.localization(box, hidden_units=hidden_units),
    ]
    image = encoders.convnet(
        input_shape, (6, 16), kernel_size=5, pooling="flatten"
    )
    return models.hard_sharing(
        {"image": image}, tasks, optimizer=optimizer, name=name
    )
