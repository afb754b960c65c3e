import keras

from mm_keras import encoders
from mm_keras import layers
from mm_keras import models
from mm_keras import tasks as task_module


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
