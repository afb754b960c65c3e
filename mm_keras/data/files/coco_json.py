"""Reads the JSON files of COCO: images, categories, annotations."""

import collections
import dataclasses
import json
import os
import pathlib

from mm_keras.data.files import annotations
from mm_keras.data.files import objects
from mm_keras.data.files import sources

PARTS = ("images", "annotations", "categories")


@dataclasses.dataclass(frozen=True)
class Content:
    """What one or several JSON files say of the same pictures.

    Args:
        name: What the data set is called in messages.
        total: Number of records of pictures, faulty ones included.
        images: Dictionary from the id of a picture to its record.
        categories: Dictionary from the id of a category to its name.
        annotations: Dictionary from the id of a picture to the list of the
            records of its objects and captions.
    """

    name: str
    total: int
    images: dict
    categories: dict
    annotations: dict

    def class_names(self):
        """Names of the categories in the order of their ids, each once."""
        ids = sorted(self.categories, key=_order)
        return list(dict.fromkeys(self.categories[id_] for id_ in ids))

    def choose(self, samples, found):
        """Returns what is said of some pictures; None means all."""
        if samples is None:
            return self
        ids = {image["file_name"]: id_ for id_, image in self.images.items()}
        names = sources.choose(ids, samples, self.name, found)
        images = {ids[name]: self.images[ids[name]] for name in names}
        return dataclasses.replace(self, images=images, total=len(images))


def read(paths, found):
    """Reads JSON files whose pictures have the same ids.

    Args:
        paths: Path of a JSON file, or a list of them.
        found: A `Faults` that is added to.

    Returns:
        A `Content`.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    files = [_load(path) for path in paths]
    images = {}
    for file in files:
        _join(images, _index_images(file["images"], found), found)
    return Content(
        name=" + ".join(pathlib.Path(path).name for path in paths),
        total=max(len(file["images"]) for file in files),
        images=images,
        categories=_index_categories(
            [r for file in files for r in file["categories"]], found
        ),
        annotations=_group_by_image(
            [r for file in files for r in file["annotations"]], images, found
        ),
    )


def to_annotations(content, folder, found, *, captions=False):
    """Returns an `Annotation` for every picture.

    Args:
        content: A `Content`.
        folder: Path of the pictures.
        found: A `Faults` that is added to.
        captions: Whether pictures need a caption.
    """
    made = []
    for id_, image in content.images.items():
        name, records = image["file_name"], content.annotations[id_]
        texts = _captions(name, records, found) if captions else []
        if captions and not texts:
            continue
        annotation = annotations.Annotation(
            name=name,
            path=str(folder / name),
            size=_size(image),
            objects=_objects(records, content.categories),
            inputs={"text": texts[0]} if captions else {},
        )
        made.append(annotation)
    return made


def _load(path):
    """Returns what is in a file, if it has the parts that COCO's have."""
    try:
        content = json.loads(pathlib.Path(path).read_bytes())
    except ValueError as error:
        raise ValueError(
            "Argument `json` expects a file in COCO's format. Received: "
            f"{path}, which is no JSON: {error}. Correct the file."
        ) from error
    if isinstance(content, dict) and all(
        isinstance(content.get(part), list) for part in PARTS[:2]
    ):
        return {part: _dictionaries(content.get(part, [])) for part in PARTS}
    received = sorted(content) if isinstance(content, dict) else "no dictionary"
    raise ValueError(
        "Argument `json` expects a file in COCO's format: a dictionary with "
        f"lists of `images` and `annotations`. Received: {path} with "
        f"{received}. Convert the file."
    )


def _dictionaries(records):
    """Whatever is no dictionary lacks all that a record needs."""
    return [r if isinstance(r, dict) else {} for r in records]


def _is_id(value):
    return isinstance(value, (int, str))


def _order(id_):
    """Numbers before texts."""
    return isinstance(id_, str), id_


def _index_categories(records, found):
    """Names of categories by id; those that lack a part are left out."""
    names = {}
    for position, record in enumerate(records):
        id_, name = record.get("id"), record.get("name")
        if _is_id(id_) and isinstance(name, str):
            names[id_] = name
        else:
            problem = "expects an `id` (a number or a text) and a `name`"
            found.add(f"categories[{position}]", "annotation", problem)
    return names


def _index_images(records, found):
    """Records of pictures by id; those that lack a part are left out."""
    images, names = {}, set()
    for position, record in enumerate(records):
        id_, name = record.get("id"), record.get("file_name")
        if not (_is_id(id_) and name and isinstance(name, str)):
            problem = "expects an `id` (a number or a text) and a `file_name`"
            found.add(name or f"images[{position}]", "annotation", problem)
        elif id_ in images or name in names:
            problem = f"images[{position}] has its id or its name again"
            found.add(name, "annotation", problem)
        else:
            images[id_] = record
            names.add(name)
    return images


def _join(images, more, found):
    """Adds the pictures of another file; equal ids are equal pictures."""
    for id_, record in more.items():
        name = images.setdefault(id_, record)["file_name"]
        if name != record["file_name"]:
            problem = f"has the id {id_}, which is {name} in another file"
            found.add(record["file_name"], "annotation", problem)


def _group_by_image(records, images, found):
    groups = collections.defaultdict(list)
    for position, record in enumerate(records):
        id_ = record.get("image_id")
        if _is_id(id_) and id_ in images:
            groups[id_].append(record)
        else:
            problem = f"annotations[{position}] has a picture not in `images`"
            found.add(f"image_id {id_}", "annotation", problem)
    return groups


def _captions(name, records, found):
    """Returns the captions of a picture; what is no text is a fault."""
    given = [record["caption"] for record in records if "caption" in record]
    if not given:
        found.add(name, "text", "has no caption")
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) < len(given):
        wrong = [text for text in given if not isinstance(text, str)]
        found.add(name, "text", f"has captions that are no texts: {wrong}")
    return texts


def _size(image):
    """Height and width as stated, or None."""
    size = (image.get("height"), image.get("width"))
    return size if all(size) else None


def _objects(records, categories):
    """Returns the `Object`s among the records of a picture."""
    things = [record for record in records if "caption" not in record]
    return [
        objects.Object(
            number=thing.get("id", position),
            label=_label(thing, categories),
            box=_box(thing.get("bbox")),
            crowd=bool(thing.get("iscrowd")),
            shape=thing.get("segmentation"),
        )
        for position, thing in enumerate(things, start=1)
    ]


def _label(thing, categories):
    id_ = thing.get("category_id")
    known = _is_id(id_) and id_ in categories
    return categories[id_] if known else f"category_id {id_}"


def _box(bbox):
    """From x, y, width, height to ymin, xmin, ymax, xmax, or None."""
    if not isinstance(bbox, list) or len(bbox) != 4:
        return None
    if not all(isinstance(number, (int, float)) for number in bbox):
        return None
    x, y, width, height = bbox
    return (y, x, y + height, x + width)
