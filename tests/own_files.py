"""Writes small data sets of a user's own files, in the formats of loaders."""

import csv
import json
import pathlib

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 40, 80


def write_picture(path, value=100, size=(HEIGHT, WIDTH)):
    """Writes a picture of one grey, and returns its path."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, "uint8")).save(path)
    return path


def write_noise(path, seed=0, size=(HEIGHT, WIDTH), **options):
    """Writes a picture of which every byte counts, and returns its path."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (*size, 3)).astype("uint8")
    Image.fromarray(pixels).save(path, **options)
    return path


def truncate(path, share=0.5):
    """Cuts a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def write_mask(path, ids):
    """Writes a PNG with a class id a pixel, and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(ids, "uint8")).save(path)
    return path


def write_voc(folder, annotated, split="train", size=(HEIGHT, WIDTH)):
    """Writes a folder in the layout of PASCAL VOC.

    Args:
        folder: Path of the folder.
        annotated: Dictionary from the name of a picture to a list of
            `(class, ymin, xmin, ymax, xmax)`.
        split: Name of the list that has all the names.
        size: Height and width of the pictures.
    """
    for value, (name, objects) in enumerate(annotated.items()):
        write_picture(folder / "JPEGImages" / f"{name}.jpg", 50 + value, size)
        write_xml(folder / "Annotations" / f"{name}.xml", objects, size)
    lists = folder / "ImageSets" / "Main"
    lists.mkdir(parents=True, exist_ok=True)
    (lists / f"{split}.txt").write_text("\n".join(annotated) + "\n")
    return folder


def write_xml(path, objects, size=(HEIGHT, WIDTH)):
    """Writes an annotation as labelImg does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = "".join(
        f"<object><name>{label}</name><pose>Unspecified</pose>"
        "<truncated>0</truncated><difficult>0</difficult><bndbox>"
        f"<xmin>{xmin}</xmin><ymin>{ymin}</ymin>"
        f"<xmax>{xmax}</xmax><ymax>{ymax}</ymax></bndbox></object>"
        for label, ymin, xmin, ymax, xmax in objects
    )
    height, width = size
    path.write_text(
        f"<annotation><size><width>{width}</width><height>{height}</height>"
        f"<depth>3</depth></size>{parts}</annotation>"
    )


def coco_image(id_, name=None, size=(HEIGHT, WIDTH)):
    height, width = size
    name = name or f"{id_}.jpg"
    return {"id": id_, "file_name": name, "height": height, "width": width}


def coco_object(id_, image, category, bbox, **more):
    return {
        "id": id_,
        "image_id": image,
        "category_id": category,
        "bbox": bbox,
        "iscrowd": 0,
        **more,
    }


def write_coco(folder, images, annotations, categories, *, pictures=True):
    """Writes `folder/things.json` and the pictures in `folder/pictures`.

    Args:
        folder: Path of the folder.
        images: List of records of pictures.
        annotations: List of records of objects and captions.
        categories: Dictionary from ids to names.
        pictures: Whether to write the pictures.

    Returns:
        Paths of the JSON file and of the folder of pictures.
    """
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": i, "name": n} for i, n in categories.items()],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "things.json"
    path.write_text(json.dumps(content))
    for image in images if pictures else ():
        size = (image["height"], image["width"])
        write_picture(folder / "pictures" / image["file_name"], size=size)
    return path, folder / "pictures"


def write_csv(path, header, *rows):
    """Writes a table, and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path
