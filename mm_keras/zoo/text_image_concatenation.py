from mm_keras import encoders
from mm_keras import models
from mm_keras import tasks as task_module


def text_image_concatenation(
    vocabulary_size,
    length,
    input_shape=(64, 64, 3),
    num_classes=10,
    *,
    task="present",
    optimizer="adam",
    name="text_image_concatenation",
):
    """Labels of a text and a picture together, the vectors joined.

    ```
    text --> embedding -> LSTM 128 --------------------------+
                                                             +-> num_classes
    image -> convolution 3x3, 32 -> max pool 2x2 -> flatten -+
    ```

    For pictures with captions and any number of labels each, such as
    `digit_scenes` with `inputs=("image", "text")`; with `num_classes=1`, for a
    yes or no. Decoded outputs are probabilities: a sigmoid for each label.

    Args:
        vocabulary_size: Number of token ids, padding and unknown words
            included.
        length: Number of ids per text.
        input_shape: Height, width, channels of the pictures.
        num_classes: Number of labels.
        task: Name of the task, that of the feature with the labels.
        optimizer: As in `keras.Model.compile`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Example:

    >>> model = mm_keras.zoo.text_image_concatenation(50, 18)
    >>> {name: tensor.shape for name, tensor in model.input.items()}
    {'text': (None, 18), 'image': (None, 64, 64, 3)}
    """
    modalities = {
        "text": encoders.lstm(vocabulary_size, length, units=128),
        "image": encoders.convnet(input_shape, (32,), pooling="flatten"),
    }
    tasks = [task_module.multi_label(task, num_classes)]
    return models.hard_sharing(
        modalities, tasks, optimizer=optimizer, name=name
    )
