"""Annotations of PASCAL VOC: one XML file a picture."""

import pathlib
from xml.etree import ElementTree

from mm_keras.data import derived
from mm_keras.data.files import annotations
from mm_keras.data.files import objects

# What an annotation offers, and how it is read.
FEATURES = {
    **annotations.FEATURES,
    "objects_no_difficult": annotations.GROUP,
}
_EDGES = ("ymin", "xmin", "ymax", "xmax")


def find_classes(folder):
    """Names of all classes in the annotations of a folder, sorted."""
    names = set()
    for path in sorted((pathlib.Path(folder) / "Annotations").glob("*.xml")):
        root, _ = parse(path)
        if root is not None:
            names.update(map(_label, root.findall("object")))
    return sorted(names - {""})


def parse(path):
    """Returns the root of an XML file, and what is wrong with it."""
    try:
        return ElementTree.parse(path).getroot(), None
    except FileNotFoundError:
        return None, f"{path} does not exist"
    except ElementTree.ParseError as error:
        return None, f"{path} is no valid XML: {error}"


def read_size(root):
    """Height and width as stated; None if they are not, or are 0."""
    stated = (root.findtext("size/height"), root.findtext("size/width"))
    if not all(text and text.strip().isdigit() for text in stated):
        return None
    height, width = map(int, stated)
    return (height, width) if height and width else None


def read_objects(root):
    """Returns the `Object`s of an annotation."""
    elements = enumerate(root.findall("object"), start=1)
    return [_read_object(number, element) for number, element in elements]


def features(things, size, classes):
    """Returns the groups of objects, also without what is difficult."""
    clear = [thing for thing in things if not thing.difficult]
    groups = objects.to_groups(things, size, classes)
    clearly = objects.to_groups(clear, size, classes)
    return {**groups, "objects_no_difficult": clearly["objects"]}


def derived_features(classes):
    """Returns what follows from these groups; see `mm_keras.data.derived`."""
    clearly = derived.of_objects(len(classes), "objects_no_difficult")
    found = {
        **derived.of_objects(len(classes), crowds="crowds"),
        "labels_no_difficult": clearly["labels"],
    }
    return derived.unless_any("left_out", found)


def _read_object(number, element):
    edges = [element.findtext(f"bndbox/{edge}", "") for edge in _EDGES]
    try:
        box = tuple(map(float, edges))
    except ValueError:
        box = None
    difficult = element.findtext("difficult", "").strip() == "1"
    return objects.Object(number, _label(element), box, difficult=difficult)


def _label(element):
    return element.findtext("name", "").strip()
