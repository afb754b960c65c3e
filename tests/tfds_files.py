"""Small files in the format of what builders of TFDS download.

Each archive is a folder, named like the last part of its address, with what
would be extracted from it.
"""

import contextlib
import json
import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

RNG = np.random.default_rng(0)


def build(name, files, data_dir):
    """Runs a builder of TFDS on files; it reads them and writes to disk."""
    tfds.disable_progress_bar()
    builder = tfds.builder(name, data_dir=data_dir, try_gcs=False)
    config = tfds.download.DownloadConfig(try_download_gcs=False)
    with _downloads_are(pathlib.Path(files)):
        builder.download_and_prepare(download_config=config)


@contextlib.contextmanager
def _downloads_are(files):
    """What would be downloaded or extracted lies in a folder already."""

    def answer(self, addresses):
        return tf.nest.map_structure(
            lambda address: str(files / address.rpartition("/")[2]), addresses
        )

    names = ("download_and_extract", "download", "extract")
    with contextlib.ExitStack() as stack:
        for name in names:
            where = tfds.download.DownloadManager, name
            stack.enter_context(mock.patch.object(*where, answer))
        yield


def write(path, content):
    """Writes text, bytes, or anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        is_text = isinstance(content, str)
        path.write_text(content if is_text else json.dumps(content))


def write_photo(path, height, width):
    pixels = RNG.integers(0, 256, (height, width, 3), "uint8")
    write(path, tf.io.encode_jpeg(pixels).numpy())


def write_png(path, pixels):
    write(path, tf.io.encode_png(np.asarray(pixels, "uint8")).numpy())


def cifar10(files):
    """Two pictures in each of the six files; the class is the first byte."""
    folder = files / "cifar-10-binary.tar.gz" / "cifar-10-batches-bin"
    classes = "airplane automobile bird cat deer dog frog horse ship truck"
    write(folder / "batches.meta.txt", classes.replace(" ", "\n") + "\n")
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    for i, name in enumerate(names):
        rows = RNG.integers(0, 256, (2, 1 + 3072), "uint8")
        rows[:, 0] = i, i + 1
        # Planes of red, green and blue.
        rows[:, 1:1025], rows[:, 1025:] = 10 * i, 200
        write(folder / f"{name}.bin", rows.tobytes())


VOC_OBJECT = """<object><name>{}</name><pose>Left</pose>
<truncated>0</truncated><difficult>{}</difficult><bndbox>
<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax>
</bndbox></object>"""
VOC_OBJECTS = {
    # Name, difficult, and the box: xmin, ymin, xmax, ymax in pixels.
    "000012": [("car", 0, 10, 5, 40, 30), ("person", 1, 0, 0, 5, 10)],
    "000017": [("person", 0, 25, 20, 50, 40)],
    "000005": [("chair", 0, 1, 1, 20, 20), ("chair", 0, 30, 10, 50, 40)],
    "000001": [("dog", 0, 5, 4, 45, 36)],
}
VOC_SIZE = 40, 50


def voc2007(files):
    """Two pictures to train with, one to validate, one to test."""
    trainval = files / "VOCtrainval_06-Nov-2007.tar" / "VOCdevkit" / "VOC2007"
    test = files / "VOCtest_06-Nov-2007.tar" / "VOCdevkit" / "VOC2007"
    height, width = VOC_SIZE
    for folder, split, names in [
        (trainval, "train", ["000012", "000017"]),
        (trainval, "val", ["000005"]),
        (test, "test", ["000001"]),
    ]:
        lists = folder / "ImageSets" / "Main"
        write(lists / f"{split}.txt", "\n".join(names) + "\n")
        for name in names:
            write_photo(folder / "JPEGImages" / f"{name}.jpg", height, width)
            objects = [VOC_OBJECT.format(*o) for o in VOC_OBJECTS[name]]
            size = f"<width>{width}</width><height>{height}</height>"
            write(
                folder / "Annotations" / f"{name}.xml",
                f"<annotation><size>{size}<depth>3</depth></size>"
                f"{''.join(objects)}</annotation>",
            )


# As in COCO, not every number names a class: 80 do, and 12 does not.
COCO_CATEGORIES = [
    {"id": i, "name": f"thing{i}", "supercategory": "all"}
    for i in [*range(1, 12), *range(13, 82)]
]
COCO_OBJECTS = [
    # Picture, class, box (x, y, width, height in pixels), crowd.
    (9, 3, [10, 5, 30, 25], 0),
    (9, 13, [0, 0, 10, 20], 0),
    (9, 13, [20, 0, 10, 10], 0),
    (25, 1, [5, 10, 20, 20], 0),
    (25, 2, [0, 0, 50, 40], 1),
]
COCO_PICTURES = {9: (40, 50), 25: (40, 50), 30: (20, 50)}


def coco_images(names):
    return [
        {"id": i, "file_name": name, "height": h, "width": w}
        for (i, (h, w)), name in zip(COCO_PICTURES.items(), names, strict=False)
    ]


def coco_instances(images):
    known = {image["id"] for image in images}
    return {
        "categories": COCO_CATEGORIES,
        "images": images,
        "annotations": [
            {
                "id": 100 + i,
                "image_id": picture,
                "category_id": category,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": crowd,
                "segmentation": [],
            }
            for i, (picture, category, box, crowd) in enumerate(COCO_OBJECTS)
            if picture in known
        ],
    }


def coco(files, year):
    """Three pictures to train with, three to validate, one to test."""
    for split, number in [("train", 3), ("val", 3), ("test", 1)]:
        names = [f"{i:012}.jpg" for i in COCO_PICTURES]
        if year == 2014:
            names = [f"COCO_{split}2014_{name}" for name in names]
        images = coco_images(names[:number])
        folder = files / f"{split}{year}.zip" / f"{split}{year}"
        for image in images:
            write_photo(
                folder / image["file_name"], image["height"], image["width"]
            )
        if split == "test":
            content = {"categories": COCO_CATEGORIES, "images": images}
            where = f"image_info_test{year}"
            path = files / f"{where}.zip" / "annotations" / f"{where}.json"
        else:
            content = coco_instances(images)
            folder = files / f"annotations_trainval{year}.zip" / "annotations"
            path = folder / f"instances_{split}{year}.json"
        write(path, content)


def coco2017(files):
    coco(files, 2017)


def coco_captions(files):
    """Five sentences for each picture of 2014; one in each small split."""
    coco(files, 2014)
    subjects = ["a car", "a man", "a sky"]
    images = [
        {
            "split": "train" if part == "train" else split,
            "filename": f"COCO_{part}2014_{picture:012}.jpg",
            "sentences": [
                {"sentid": 10 * picture + i, "raw": f"{what} {i}"}
                for i in range(5)
            ],
        }
        for part in ("train", "val")
        for picture, what, split in zip(
            COCO_PICTURES, subjects, ("val", "test", "restval"), strict=True
        )
    ]
    content = {"images": images}
    write(files / "caption_datasets.zip" / "dataset_coco.json", content)


def coco2017_panoptic(files):
    """One picture: the upper half is a car, below are grass and nothing."""
    coco(files, 2017)
    categories = [
        {"id": i, "name": f"class{i}", "isthing": int(i <= 90)}
        for i in range(1, 134)
    ]
    car, grass = 3 + 256 * 7, 5 + 256**2 * 9
    numbers = np.zeros((40, 50), "int64")
    numbers[:20], numbers[20:, :25] = car, grass
    pixels = np.stack([numbers // 256**i % 256 for i in range(3)], axis=-1)
    segments = [
        (grass, 120, [0, 20, 25, 20]),
        (car, 3, [0, 0, 50, 20]),
    ]
    content = {
        "categories": categories,
        "images": coco_images(["000000000009.jpg"]),
        "annotations": [
            {
                "image_id": 9,
                "file_name": "000000000009.png",
                "segments_info": [
                    {
                        "id": number,
                        "category_id": category,
                        "area": box[2] * box[3],
                        "bbox": box,
                        "iscrowd": 0,
                    }
                    for number, category, box in segments
                ],
            }
        ],
    }
    for split in ("train2017", "val2017"):
        name = f"panoptic_{split}"
        archive = files / "panoptic_annotations_trainval2017.zip"
        write(archive / "annotations" / f"{name}.json", content)
        # An archive in the archive.
        write_png(files / f"{name}.zip" / name / "000000000009.png", pixels)


PETS = {
    # Breed from 1, species (1 cat, 2 dog), head: xmin, ymin, xmax, ymax.
    "Abyssinian_1": (1, 1, (10, 5, 30, 25)),
    "beagle_3": (5, 2, None),
    "pug_2": (26, 2, None),
}


def oxford_iiit_pet(files):
    """Two pictures to train with, one without head; one to test."""
    images = files / "images.tar.gz" / "images"
    notes = files / "annotations.tar.gz" / "annotations"
    for name, (_, _, head) in PETS.items():
        write_photo(images / f"{name}.jpg", 40, 50)
        # 1 the pet, 2 the background, 3 between them.
        trimap = np.full((40, 50, 1), 2)
        trimap[10:30, 10:30], trimap[12:28, 12:28] = 3, 1
        write_png(notes / "trimaps" / f"{name}.png", trimap)
        if head:
            corners = zip(("xmin", "ymin", "xmax", "ymax"), head, strict=True)
            box = "".join(f"<{k}>{v}</{k}>" for k, v in corners)
            write(
                notes / "xmls" / f"{name}.xml",
                "<annotation><size><width>50</width><height>40</height></size>"
                f"<object><bndbox>{box}</bndbox></object></annotation>",
            )
    lines = [f"{n} {b} {s} 1" for n, (b, s, _) in PETS.items()]
    write(notes / "trainval.txt", "\n".join(lines[:2]) + "\n")
    write(notes / "test.txt", lines[2] + "\n")


def nyu_depth_v2(files):
    """One room to train with: 2 metres, and unknown in the upper half."""
    import h5py

    depth = np.full((480, 640), 2.0, "float32")
    depth[:240] = 0.0
    for split in ("train", "val"):
        archive = files / "nyudepthv2.tar.gz" / "nyudepthv2"
        folder = archive / split / "kitchen"
        folder.mkdir(parents=True)
        with h5py.File(folder / "00001.h5", "w") as file:
            file["rgb"] = np.full((3, 480, 640), 128, "uint8")
            file["depth"] = depth
