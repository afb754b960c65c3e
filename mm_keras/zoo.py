"""Named models: each joins encoders, a structure and tasks for one purpose."""

import keras

from mm_keras import encoders
from mm_keras import layers
from mm_keras import models
from mm_keras import tasks as task_module

__all__ = [
    "cifar10_cnn",
    "coco_classification_detection",
    "digit_scenes",
    "resnet18_classification_localization",
    "text_image_concatenation",
]


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
    tasks = [
        task_module.multi_label(
            "labels", num_classes, view="pyramid", feature="objects/label"
        ),
        task_module.detection("objects", num_classes, weight=2.5),
    ]
    image = encoders.resnet(50, input_shape, weights=weights)
    return models.hard_sharing(
        {"image": image}, tasks, optimizer=optimizer, name=name
    )


def digit_scenes(*, steps=1400, learning_rate=4e-3, name="digit_scenes"):
    """Four tasks on one small ResNet, for the data set `digit_scenes`.

    ```
                       +-> digits: a box, a class and a score for each digit
    image -> ResNet ---+-> mask: the digit at each pixel
             + pyramid +-> present: which of the ten digits there are
                       +-> count: how many digits there are
    ```

    This is what `mm-keras demo` trains. Masks are read from the finest level
    too, of two pixels a cell. The easy tasks have small weights: their heads
    learn all the same, and disturb the features of the others less.

    Args:
        steps: Number of training steps, of 16 scenes, that the schedule of the
            learning rate is made for.
        learning_rate: Its highest value, after a warm-up of a tenth of the
            steps; then it falls to 0 as a cosine.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel` of pictures of 64 x 64 pixels.

    Example:

    ```python
    model = mm_keras.zoo.digit_scenes(steps=1400)
    train = mm_keras.data.load(
        "digit_scenes", "train", tasks=model.tasks, batch_size=16
    )
    model.fit(train.repeat(), steps_per_epoch=280, epochs=5)
    ```
    """
    image = encoders.resnet(
        (1, 2, 2, 2),
        (64, 64, 3),
        width=16,
        stem_stride=2,
        levels=("P1", "P2", "P3", "P4"),
        pyramid_channels=48,
    )
    return models.hard_sharing(
        {"image": image},
        digit_tasks(),
        optimizer=adamw(learning_rate, steps),
        name=name,
    )


def digit_tasks():
    """Returns the four tasks of `digit_scenes`."""
    coarse = ("P2", "P3", "P4")
    return [
        task_module.detection(
            "digits",
            10,
            max_boxes=4,
            max_detections=20,
            channels=48,
            levels=coarse,
            weight=2.5,
        ),
        task_module.segmentation("mask", 11, channels=32, weight=2.0),
        task_module.multi_label(
            "present",
            10,
            view="pyramid",
            levels=coarse,
            hidden_units=(64,),
            weight=0.5,
        ),
        task_module.regression(
            "count",
            view="pyramid",
            levels=coarse,
            hidden_units=(64,),
            delta=0.1,
            decode=layers.WholeNumber(),
            weight=5.0,
        ),
    ]


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


def adamw(learning_rate, steps):
    """AdamW for a training of known length: warm-up, then a cosine."""
    warmup = steps // 10
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, steps - warmup),
        warmup_target=learning_rate,
        warmup_steps=warmup,
    )
    return keras.optimizers.AdamW(
        schedule, weight_decay=1e-3, global_clipnorm=5.0
    )
