import numpy as np
import pytest
import tensorflow_datasets as tfds

THINGS = [
    {
        "image": np.full((8, 6, 3), 10, "uint8"),
        "kind": 2,
        "angle": 0.5,
        "tags": [0, 3],
        "place": tfds.features.BBox(0.0, 0.0, 0.5, 1.0),
        "objects": [
            {"bbox": tfds.features.BBox(0.0, 0.0, 0.1, 0.1), "label": 0},
            {"bbox": tfds.features.BBox(0.5, 0.5, 1.0, 1.0), "label": 2},
            {"bbox": tfds.features.BBox(0.0, 0.0, 1.0, 1.0), "label": 1},
        ],
        "trimap": np.full((8, 6, 1), 1, "uint8"),
        "title": "a thing",
    },
    {
        "image": np.full((4, 10, 3), 20, "uint8"),
        "kind": -1,
        "angle": np.nan,
        "tags": [],
        "place": tfds.features.BBox(0.25, 0.0, 0.5, 1.0),
        "objects": [],
        "trimap": np.full((4, 10, 1), 2, "uint8"),
        "title": "a thing",
    },
    {
        "image": np.full((4, 4, 3), 30, "uint8"),
        "kind": 0,
        "angle": -1.0,
        "tags": [1],
        "place": tfds.features.BBox(0.0, 0.5, 0.5, 1.0),
        "objects": [
            {"bbox": tfds.features.BBox(0.0, 0.0, 1.0, 1.0), "label": 1},
        ],
        "trimap": np.full((4, 4, 1), 0, "uint8"),
        "title": "another thing altogether",
    },
]


class MmKerasThings(tfds.core.GeneratorBasedBuilder):
    """Three images of different sizes, with labels of every kind."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        boxes = {
            "bbox": tfds.features.BBoxFeature(),
            "label": tfds.features.ClassLabel(num_classes=3),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, None, 3)),
                    "kind": tfds.features.ClassLabel(num_classes=4),
                    "angle": tfds.features.Scalar(np.float32),
                    "tags": tfds.features.Sequence(
                        tfds.features.ClassLabel(num_classes=4)
                    ),
                    "place": tfds.features.BBoxFeature(),
                    "objects": tfds.features.Sequence(boxes),
                    "trimap": tfds.features.Image(shape=(None, None, 1)),
                    "title": tfds.features.Text(),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield from enumerate(THINGS)


@pytest.fixture(scope="session")
def things_dir(tmp_path_factory):
    """A data folder with `mm_keras_things`, prepared."""
    folder = str(tmp_path_factory.mktemp("things"))
    tfds.builder("mm_keras_things", data_dir=folder).download_and_prepare()
    return folder
