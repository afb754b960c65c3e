import contextlib

import numpy as np
import tensorflow_datasets as tfds

from mm_keras.data import scenes
from mm_keras.data import stamps

_DESCRIPTION = """\
Handwritten digits on photographs: small scenes for detection, segmentation,
classification, counting and captions, made without a network.

One to four real digits (scikit-learn's 1,797 images of 8 x 8 pixels) are
enlarged to 16-28 pixels, tinted in one of five colours and pasted on a piece,
64 x 64 pixels, of one of scikit-learn's two photographs, dimmed by a random
factor. The boxes of two digits overlap by at most a tenth of the smaller one.

Splits share neither digits nor photographs: each image of a digit belongs to
one split, and so does each column of the photographs.

Who made the labels: a person made one, the class of each digit
(`digits/label`, from the Optical Recognition of Handwritten Digits data set).
All others were made by the program that composes the scenes, and are exact by
construction: `digits/bbox`, `digits/color`, `mask`, `order`, `present`,
`count`, `sum` and `caption`.

- `image`: uint8, 64 x 64 x 3.
- `digits`: in the order of pasting. `bbox` is the tight box of the digit's
  opaque pixels (opacity over one half) when it is pasted; what is pasted
  later may hide a little of it.
- `mask`: the digit + 1 at each opaque pixel, 0 for the background.
- `order`: when the digit seen at a pixel was pasted, 1 the first (the
  farthest away), 0 for the background.
- `present`: 1 for each of the ten digits in the scene, else 0.
- `count`, `sum`: how many digits there are, and what they add up to.
- `caption`: the digits from left to right by the centers of their boxes,
  which are at least 4 pixels apart: "a red three left of a blue seven".

Version 1.0.0 is frozen: measurements on it stay comparable.
"""

_CITATION = """\
@misc{alpaydin1998digits,
  title = {Optical Recognition of Handwritten Digits},
  author = {Alpaydin, E. and Kaynak, C.},
  year = {1998},
  howpublished = {UCI Machine Learning Repository},
  doi = {10.24432/C50P49},
}
"""


class DigitScenes(tfds.core.GeneratorBasedBuilder):
    """Builds `digit_scenes`: handwritten digits on photographs.

    Importing this module registers the data set with TFDS. It needs no
    network: digits and photographs come with scikit-learn. A person made the
    labels of the digits' classes; the composer of the scenes made all others.

    Example:

    >>> import tensorflow_datasets as tfds
    >>> mm_keras.data.register()
    >>> test = tfds.load("digit_scenes", split="test")
    >>> test.element_spec["image"].shape
    TensorShape([64, 64, 3])
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release, frozen."}

    def _info(self):
        size = scenes.SIZE
        return self.dataset_info_from_configs(
            description=_DESCRIPTION,
            citation=_CITATION,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(size, size, 3)),
                    "digits": tfds.features.Sequence(
                        {
                            "bbox": tfds.features.BBoxFeature(),
                            "label": tfds.features.ClassLabel(num_classes=10),
                            "color": tfds.features.ClassLabel(
                                names=list(stamps.COLORS)
                            ),
                        }
                    ),
                    "mask": tfds.features.Image(shape=(size, size, 1)),
                    "order": tfds.features.Image(shape=(size, size, 1)),
                    "present": tfds.features.Tensor(
                        shape=(10,), dtype=np.float32
                    ),
                    "count": tfds.features.Tensor(shape=(1,), dtype=np.float32),
                    "sum": tfds.features.Tensor(shape=(1,), dtype=np.float32),
                    "caption": tfds.features.Text(),
                }
            ),
        )

    def download_and_prepare(self, **kwargs):
        with _serialized_in_order():
            super().download_and_prepare(**kwargs)

    def _split_generators(self, dl_manager):
        return {
            split: self._generate_examples(split) for split in scenes.SPLITS
        }

    def _generate_examples(self, split):
        for index in range(scenes.SPLITS[split]):
            scene = scenes.compose(split, index)
            digits = [
                {
                    "bbox": tfds.features.BBox(*digit["box"].tolist()),
                    "label": digit["label"],
                    "color": digit["color"],
                }
                for digit in scene["digits"]
            ]
            yield index, {**scene, "digits": digits}


@contextlib.contextmanager
def _serialized_in_order():
    """Writes the features of an example in the order of their names.

    TFDS leaves the order to protobuf, which changes it from one process to the
    next; the same version shall give the same bytes.
    """
    from tensorflow_datasets.core import example_serializer

    def serialize_example(self, example):
        proto = self.get_tf_example(example)
        return proto.SerializeToString(deterministic=True)

    serializer = example_serializer.ExampleSerializer
    original = serializer.serialize_example
    serializer.serialize_example = serialize_example
    try:
        yield
    finally:
        serializer.serialize_example = original
