"""Tasks of pictures that show things of several classes."""

from mm_keras import tasks


def labels_and_objects(num_classes):
    """Returns two tasks: which classes there are, and a box for each thing.

    The labels are the classes of the boxes, so that they stay true where
    augmentation moves something out of the picture.
    """
    return [
        tasks.multi_label(
            "labels", num_classes, view="pyramid", feature="objects/label"
        ),
        tasks.detection("objects", num_classes, weight=2.5),
    ]
